//! The payload descriptor of VP9.

use super::PictureIds;

/// Rewrites the picture ids in place.
pub fn rewrite(payload: &mut [u8], ids: PictureIds) {
    let _ = (payload, ids);
    todo!()
}
