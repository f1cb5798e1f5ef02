//! Which encodings anybody watches: the others are paused at their sender.

use super::publication::Publication;
use super::{Call, DEMAND_HOLD, Effect};
use crate::sfu::{Encoding, MediaKind, TrackId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

impl Call {
    /// Media says which encodings of a publication go out to anybody, over all subscribers.
    pub fn watched(
        &mut self,
        now: Instant,
        track: TrackId,
        encodings: BTreeSet<Encoding>,
    ) -> Vec<Effect> {
        let Some(publication) = self.publications.get_mut(&track) else {
            return Vec::new();
        };
        Arc::make_mut(publication).watched = Some(encodings);
        let mut effects = Vec::new();
        self.settle(now, &mut effects);
        effects
    }

    /// Fills slots and weighs demand anew; whatever changed becomes an effect.
    pub(super) fn settle(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let filled = self.fill_slots(effects);
        for (track, publication) in &mut self.publications {
            if publication.source.kind() != MediaKind::Video {
                continue;
            }
            // What has not come yet cannot be in a slot: it must come first.
            let has_come = publication.codec.is_some();
            let is_watched = |encoding: usize| {
                let is_shown = filled.contains(track) && !publication.muted;
                !has_come || (is_shown && covers(publication, encoding))
            };
            let watched: Vec<bool> = (0..publication.demanded.len()).map(is_watched).collect();
            if watched == publication.demanded && watched.iter().all(|watched| !watched) {
                continue;
            }
            let publication = Arc::make_mut(publication);
            for (at, watched) in publication.watched_at.iter_mut().zip(&watched) {
                if *watched {
                    *at = now;
                }
            }
            let held = |at: &Instant| now.saturating_duration_since(*at) < DEMAND_HOLD;
            let wanted: Vec<bool> = watched
                .iter()
                .zip(&publication.watched_at)
                .zip(&publication.demanded)
                .map(|((watched, at), before)| *watched || (*before && held(at)))
                .collect();
            if wanted != publication.demanded {
                publication.demanded = wanted;
                effects.push(Effect::Demand(*track));
            }
        }
    }
}

/// Whether media sends this encoding to anybody; until it says so, all of them count.
fn covers(publication: &Publication, encoding: usize) -> bool {
    let Ok(encoding) = u8::try_from(encoding) else {
        return false;
    };
    publication
        .watched
        .as_ref()
        .is_none_or(|watched| watched.contains(&Encoding(encoding)))
}
