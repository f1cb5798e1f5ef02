//! How rooms begin and come back.

use crate::stage::{Stage, caller, post, stage, user};
use greenroom::chat::{Command, Founding, Refusal, Room, Write};
use greenroom::crdt::{Body, Role, Visibility};

fn direct() -> Stage {
    Stage::of(Founding::Direct {
        other: user("bob"),
        other_name: "BOB".into(),
        retention_days: None,
    })
}

#[test]
fn a_new_room_writes_its_settings_and_its_owner_as_server_ops() {
    let stage = Stage::of(Founding::Group {
        name: "deck".into(),
        visibility: Visibility::Private,
        retention_days: Some(0),
    });
    assert_eq!(stage.last.write, Write::Durable);
    let kinds: Vec<_> = stage.log.iter().map(|r| r.entry.op.body.kind()).collect();
    assert_eq!(kinds, ["room", "member"]);
    let server = stage.room.head().server_replica;
    assert!(stage.log.iter().all(|r| r.entry.op.dot.replica() == server));
    assert_eq!(stage.room.role(&caller("ann")), Some(Role::Owner));
    assert_eq!(stage.room.settings().retention_days, None);
}

#[test]
fn a_direct_room_has_two_plain_members_for_ever() {
    let mut stage = direct();
    assert_eq!(stage.room.role(&caller("ann")), Some(Role::Member));
    assert_eq!(stage.room.role(&caller("bob")), Some(Role::Member));
    let (ann, cid) = (caller("ann"), caller("cid"));
    assert_eq!(stage.refused(&ann, Command::Leave), Refusal::DirectRoom);
    assert_eq!(
        stage.refused(&ann, crate::stage::ban("bob")),
        Refusal::DirectRoom
    );
    let join = Command::Join { invite: None };
    assert_eq!(stage.refused(&cid, join), Refusal::NotVisible);
    let update = Command::Update {
        name: Some("x".into()),
        visibility: None,
        retention_days: None,
    };
    assert_eq!(stage.refused(&ann, update), Refusal::DirectRoom);
}

#[test]
fn a_direct_room_with_oneself_has_one_member() {
    let stage = Stage::of(Founding::Direct {
        other: user("ann"),
        other_name: "ANN".into(),
        retention_days: None,
    });
    assert_eq!(stage.room.member_count(), 1);
}

#[test]
fn a_restored_room_goes_on_where_it_was() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "before"));
    let snapshot = stage.room.snapshot();
    let head = stage.room.head();
    stage.room = Room::restore(snapshot.clone());
    assert_eq!(stage.room.snapshot(), snapshot);
    let record = stage.says(&caller("bob"), post("bob", 2, "after"));
    assert_eq!(record.entry.offset, head.offset.next());
    assert!(record.entry.stamp > head.stamp);
    assert!(matches!(record.entry.op.body, Body::Post { .. }));
}

#[test]
fn members_come_in_pages_in_id_order() {
    let stage = stage();
    let (page, more) = stage.room.members_page(None, 2);
    let names: Vec<_> = page.iter().map(|(user, _)| user.as_str()).collect();
    assert_eq!((names, more), (vec!["ann", "bob"], true));
    let (rest, more) = stage.room.members_page(Some(&user("bob")), 9);
    assert_eq!((rest.len(), more), (3, false));
}
