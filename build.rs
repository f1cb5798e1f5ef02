//! Lets cargo notice that the web app was built, changed or removed: `transport::web` embeds `web/app/dist` as it is.
//! Builds nothing itself.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A missing path would run this at each build, so the nearest folder that is there is watched for its coming.
    let watched = ["web/app/dist", "web/app", "web"];
    if let Some(path) = watched.iter().find(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
}
