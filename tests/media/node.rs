//! A media plane on loopback, without the rest of a node.

use greenroom::actors::media::{Figures, MediaHandle};
use greenroom::actors::supervision::{Policy, SupervisorSpec, Tree};
use greenroom::id::CallId;
use greenroom::transport::media::{MediaSettings, start};
use std::sync::Arc;

/// Running shards.
pub(crate) struct Node {
    pub(crate) media: MediaHandle,
    pub(crate) figures: Vec<Arc<Figures>>,
    pub(crate) call: CallId,
    tree: Tree,
}

impl Node {
    /// Starts `shards` shards on free ports.
    pub(crate) async fn start(shards: usize) -> Self {
        let peers = SupervisorSpec::new("peers", Policy::default());
        let tracks = SupervisorSpec::new("tracks", Policy::default());
        let settings = MediaSettings {
            listen: vec!["127.0.0.1".parse().unwrap()],
            port: 0,
            addresses: Vec::new(),
            loopback: true,
            shards,
        };
        let started = start(&settings, peers.handle(), tracks.handle());
        let started = started.await.expect("free ports");
        let root = SupervisorSpec::new("media", Policy::default());
        let tree = Tree::start(root.supervisor(tracks).supervisor(peers));
        let call = CallId::from_bytes([7; 16]);
        let _ = started.media.open_call(call);
        Self {
            media: started.media,
            figures: started.figures,
            call,
            tree,
        }
    }

    /// How often publications and peers began anew after a fault.
    pub(crate) fn restarts(&self) -> u64 {
        let crowds = self.tree.snapshot().into_iter().filter_map(|it| it.crowd);
        crowds.map(|it| it.restarts).sum()
    }

    /// Packets that the node counted as dropped before they were given their numbers: in these lanes of publications,
    /// where a thread that was stopped finds them too late, and outside of them.
    pub(crate) fn dropped(&self, lanes: &[&str]) -> u64 {
        let figures = self
            .sum(|it| it.kernel_drops_in.get() + it.kernel_drops_out.get() + it.relay_drops.get());
        let crowds = self.tree.snapshot().into_iter().filter_map(|it| it.crowd);
        let of_these = crowds
            .flat_map(|it| it.lanes)
            .filter(|it| lanes.contains(&it.lane));
        let mailboxes = of_these.map(|it| it.drops.stale + it.drops.full + it.drops.frame);
        figures + mailboxes.sum::<u64>()
    }

    /// The sum of a figure over all shards.
    pub(crate) fn sum(&self, of: impl Fn(&Figures) -> u64) -> u64 {
        self.figures.iter().map(|it| of(it)).sum()
    }
}

/// Runs a test on a system of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix_rt::System::new().block_on(test);
}
