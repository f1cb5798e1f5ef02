//! Sound and pictures from one client to others.

use super::client::Client;
use super::node::{Node, run};
use greenroom::actors::media::{
    Flow, GoneReason, MediaEvent, PeerCommand, ShardId, SlotFill, Tile,
};
use greenroom::rtc::rtcp::Rtcp;
use greenroom::sfu::TrackId;

const HOME: ShardId = ShardId(0);

/// Fills both slots of a client with what participant 1 publishes.
fn watch(client: &Client) {
    let fill = |mid: &str, track| SlotFill {
        mid: mid.into(),
        track: Some(TrackId(track)),
    };
    let fills = vec![fill("2", 10), fill("3", 11)];
    assert!(client.peer.tell(PeerCommand::Fill(fills)));
    let tile = Tile {
        mid: "3".into(),
        width: 640,
        height: 360,
        priority: 1,
        pinned: false,
    };
    assert!(client.peer.tell(PeerCommand::Show(vec![tile])));
}

/// Publishes until something holds for a subscriber.
fn publish_until(
    publisher: &mut Client,
    subscriber: &mut Client,
    what: &str,
    mut holds: impl FnMut(&mut Client) -> bool,
) {
    subscriber.until(what, |subscriber| {
        publisher.publish();
        holds(subscriber)
    });
}

fn sound_and_pictures_flow(shards: usize, elsewhere: ShardId) {
    run(async move {
        let node = Node::start(shards).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut subscriber = Client::connected(&node, 2, elsewhere);
        watch(&subscriber);
        publish_until(&mut publisher, &mut subscriber, "both arrive", |it| {
            it.in_slot(2, 2).len() > 20 && it.in_slot(2, 3).len() > 20
        });
        for mid in [2, 3] {
            let heard = subscriber.in_slot(2, mid);
            assert!(heard.iter().all(|it| it.csrc == Some(1)), "who publishes");
            subscriber.expect_whole(&node, 2, mid);
        }
        let sound = subscriber.in_slot(2, 2)[0].payload.clone();
        assert_eq!(sound, [0xfc, 1, 2, 3]);
        publisher.expect("the level is heard", |it| {
            matches!(it, MediaEvent::Level { .. })
        });
        publish_until(&mut publisher, &mut subscriber, "reports come", |it| {
            let reports = |it: &Rtcp| matches!(it, Rtcp::SenderReport(_));
            it.rtcp.iter().any(reports)
        });
        type Is = fn(&Rtcp) -> bool;
        let told: [(&str, Is); 3] = [
            ("arrivals", |it| matches!(it, Rtcp::TransportCc(_))),
            ("reports", |it| matches!(it, Rtcp::ReceiverReport { .. })),
            ("requests for keyframes", |it| {
                matches!(it, Rtcp::Pli { .. })
            }),
        ];
        for (what, is) in told {
            publisher.until(what, |it| {
                it.publish();
                it.rtcp.iter().any(is)
            });
        }
    });
}

#[test]
fn a_subscriber_gets_what_fills_its_slots() {
    sound_and_pictures_flow(1, HOME);
}

#[test]
fn a_subscriber_may_live_on_another_shard() {
    sound_and_pictures_flow(2, ShardId(1));
}

#[test]
fn a_lost_packet_is_sent_again_when_asked_for() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut subscriber = Client::connected(&node, 2, HOME);
        watch(&subscriber);
        publish_until(&mut publisher, &mut subscriber, "pictures arrive", |it| {
            it.in_slot(2, 3).len() > 5
        });
        let lost = subscriber.in_slot(2, 3)[3].clone();
        let streams = super::client::ssrcs(2, "3");
        let nack = Rtcp::Nack {
            sender: 1,
            media: streams.media,
            lost: vec![lost.sequence],
        };
        subscriber.report(&[nack]);
        subscriber.until("it comes again", |it| {
            it.heard.iter().any(|it| it.ssrc == streams.rtx)
        });
        let again = subscriber.heard.iter().find(|it| it.ssrc == streams.rtx);
        let (original, payload) = again.unwrap().payload.split_at(2);
        assert_eq!(original, lost.sequence.to_be_bytes());
        assert_eq!(payload, lost.payload);
    });
}

#[test]
fn what_stands_still_stays_watched() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut subscriber = Client::connected(&node, 2, HOME);
        watch(&subscriber);
        publish_until(&mut publisher, &mut subscriber, "pictures arrive", |it| {
            it.in_slot(2, 3).len() > 5
        });
        subscriber.events.try_iter().for_each(drop);
        // A sender that is told that nobody watches pauses, and nobody would watch what is paused.
        subscriber.expect("the slot is paused", |it| match it {
            MediaEvent::Slots(_, slots) => slots
                .iter()
                .any(|slot| &*slot.mid == "3" && matches!(slot.flow, Flow::Paused(_))),
            _ => false,
        });
        let before = subscriber.in_slot(2, 3).len();
        publish_until(&mut publisher, &mut subscriber, "they come again", |it| {
            it.in_slot(2, 3).len() > before + 5
        });
        let watched: Vec<_> = publisher.events.try_iter().collect();
        let nobody = |it: &MediaEvent| matches!(it, MediaEvent::Watched { encodings, .. } if encodings.is_empty());
        assert!(!watched.iter().any(nobody), "{watched:?}");
    });
}

#[test]
fn whoever_leaves_is_gone_with_what_they_publish() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        assert_eq!(node.sum(|it| it.peers.get()), 1);
        assert_eq!(node.sum(|it| it.tracks.get()), 2);
        publisher.peer.tell(PeerCommand::Remove);
        let gone = publisher.expect("it hears so", |it| matches!(it, MediaEvent::PeerGone(..)));
        assert_eq!(
            gone,
            MediaEvent::PeerGone(publisher.peer.id(), GoneReason::Removed)
        );
        assert_eq!(node.sum(|it| it.peers.get()), 0);
        assert_eq!(node.sum(|it| it.tracks.get()), 0);
    });
}

#[cfg(feature = "failpoints")]
#[test]
fn a_track_that_panics_goes_on_in_the_same_sequence() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut subscriber = Client::connected(&node, 2, HOME);
        watch(&subscriber);
        publish_until(&mut publisher, &mut subscriber, "both arrive", |it| {
            it.in_slot(2, 2).len() > 5 && it.in_slot(2, 3).len() > 5
        });
        let before = [2, 3].map(|mid| subscriber.in_slot(2, mid).len());
        publisher.peer.tell(PeerCommand::PanicTrack(TrackId(10)));
        publisher.peer.tell(PeerCommand::PanicTrack(TrackId(11)));
        publisher.rtcp.clear();
        publish_until(&mut publisher, &mut subscriber, "both go on", |it| {
            it.in_slot(2, 2).len() > before[0] + 40 && it.in_slot(2, 3).len() > before[1] + 40
        });
        for mid in [2, 3] {
            subscriber.expect_whole(&node, 2, mid);
        }
        assert!(
            publisher
                .rtcp
                .iter()
                .any(|it| matches!(it, Rtcp::Pli { .. }))
        );
    });
}

#[cfg(feature = "failpoints")]
#[test]
fn a_peer_that_panics_costs_nobody_else_anything() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut subscriber = Client::connected(&node, 2, HOME);
        let mut victim = Client::connected(&node, 3, HOME);
        watch(&subscriber);
        victim.peer.tell(PeerCommand::Panic);
        let gone = victim.expect("it is told", |it| matches!(it, MediaEvent::PeerGone(..)));
        assert_eq!(
            gone,
            MediaEvent::PeerGone(victim.peer.id(), GoneReason::Fault)
        );
        publish_until(&mut publisher, &mut subscriber, "others go on", |it| {
            it.in_slot(2, 2).len() > 20
        });
    });
}

#[cfg(feature = "failpoints")]
#[test]
fn a_subscriber_whom_to_serve_panics_costs_nobody_else_anything() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut victims = [2, 3].map(|id| Client::connected(&node, id, HOME));
        let mut subscriber = Client::connected(&node, 4, HOME);
        victims.iter().for_each(watch);
        watch(&subscriber);
        publish_until(&mut publisher, &mut subscriber, "both arrive", |it| {
            it.in_slot(4, 2).len() > 5 && it.in_slot(4, 3).len() > 5
        });
        let before = [2, 3].map(|mid| subscriber.in_slot(4, mid).len());
        for victim in &victims {
            victim.peer.tell(PeerCommand::Poison);
        }
        publish_until(&mut publisher, &mut subscriber, "others go on", |it| {
            it.in_slot(4, 2).len() > before[0] + 40 && it.in_slot(4, 3).len() > before[1] + 40
        });
        for mid in [2, 3] {
            subscriber.expect_whole(&node, 4, mid);
        }
        assert_eq!(node.sum(|it| it.faults.get()), 2, "none but theirs");
        for victim in &mut victims {
            let gone = victim.expect("it is told", |it| matches!(it, MediaEvent::PeerGone(..)));
            let fault = MediaEvent::PeerGone(victim.peer.id(), GoneReason::Fault);
            assert_eq!(gone, fault);
        }
    });
}

#[cfg(feature = "failpoints")]
#[test]
fn a_transport_whose_timer_panics_costs_nobody_else_anything() {
    run(async {
        let node = Node::start(1).await;
        let mut publisher = Client::connected(&node, 1, HOME);
        let mut subscriber = Client::connected(&node, 2, HOME);
        watch(&subscriber);
        // Its first check begins a handshake whose flight is to be repeated soon.
        let mut victim = Client::join(&node, 3, HOME);
        victim.peer.tell(PeerCommand::Poison);
        subscriber.until("its timer panics", |_| {
            victim.check();
            node.sum(|it| it.faults.get()) == 1
        });
        let fault = MediaEvent::PeerGone(victim.peer.id(), GoneReason::Fault);
        let mut events = victim.events.try_iter();
        subscriber.until("it is told", |_| events.any(|event| event == fault));
        publish_until(&mut publisher, &mut subscriber, "others go on", |it| {
            it.in_slot(2, 2).len() > 20
        });
    });
}
