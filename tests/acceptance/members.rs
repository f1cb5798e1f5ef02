//! Members: joining, leaving, roles, kicks, bans, invites.

use crate::stage::{START_MS, Stage, ban, caller, guest, invite_id, kick, post, role, stage, user};
use greenroom::chat::{Caller, Change, Command, Founding, Notice, Refusal, Reply, Write, limits};
use greenroom::crdt::{Body, Role, Standing, Visibility};

const JOIN: Command = Command::Join { invite: None };
const DAY_MS: u64 = 24 * 3600 * 1000;

fn private() -> Stage {
    Stage::of(Founding::Group {
        name: "bridge".into(),
        visibility: Visibility::Private,
        retention_days: None,
    })
}

fn invite(n: u8, role: Role, uses: Option<u32>) -> Command {
    Command::CreateInvite {
        invite: invite_id(n),
        role,
        expires_ms: START_MS + DAY_MS,
        uses,
    }
}

fn accept(n: u8) -> Command {
    Command::Join {
        invite: Some(invite_id(n)),
    }
}

#[test]
fn anyone_joins_a_public_room_and_has_read_what_was_there() {
    let mut stage = stage();
    stage.says(&caller("bob"), post("bob", 1, "a"));
    assert_eq!(stage.must(&caller("eve"), JOIN), Reply::Joined);
    assert_eq!(stage.last.notices, [Notice::In { user: user("eve") }]);
    assert_eq!(stage.last.write, Write::Durable);
    assert_eq!(stage.room.role(&caller("eve")), Some(Role::Member));
    assert_eq!(stage.room.unread(&user("eve")), 0);
    assert_eq!(stage.room.unread(&user("cid")), 1);
}

#[test]
fn a_guest_joins_as_a_guest() {
    let stage = stage();
    let gus = stage.room.member(&user("gus")).expect("joined");
    assert_eq!(gus.membership.role, Role::Guest);
}

#[test]
fn joining_again_changes_nothing_but_a_new_name() {
    let mut stage = stage();
    assert_eq!(stage.must(&caller("bob"), JOIN), Reply::Joined);
    assert_eq!(stage.last.changes, []);
    let renamed = Caller {
        name: "Robert".into(),
        ..caller("bob")
    };
    stage.must(&renamed, JOIN);
    assert_eq!(stage.room.member(&user("bob")).expect("in").name, "Robert");
    assert_eq!(stage.room.member_count(), 5);
}

#[test]
fn a_private_room_does_not_show_itself_without_an_invite() {
    let mut stage = private();
    assert_eq!(stage.refused(&caller("bob"), JOIN), Refusal::NotVisible);
    assert_eq!(
        stage.refused(&caller("bob"), accept(1)),
        Refusal::InviteInvalid
    );
}

#[test]
fn an_invite_lets_in_as_often_as_it_says() {
    let mut stage = private();
    stage.must(&caller("ann"), invite(1, Role::Moderator, Some(2)));
    stage.must(&caller("bob"), accept(1));
    assert_eq!(stage.room.role(&caller("bob")), Some(Role::Moderator));
    stage.must(&caller("bob"), accept(1));
    assert_eq!(stage.last.changes, [], "a member uses nothing up");
    stage.must(&caller("cid"), accept(1));
    assert!(stage.last.changes.contains(&Change::Invite {
        invite: invite_id(1),
        value: None
    }));
    assert_eq!(
        stage.refused(&caller("dan"), accept(1)),
        Refusal::InviteInvalid
    );
}

#[test]
fn an_invite_expires_and_is_revoked_by_its_maker_or_a_moderator() {
    let mut stage = stage();
    stage.must(&caller("bob"), invite(1, Role::Member, None));
    stage.must(&caller("bob"), invite(2, Role::Member, None));
    let revoke = |n| Command::RevokeInvite {
        invite: invite_id(n),
    };
    assert_eq!(
        stage.refused(&caller("cid"), revoke(1)),
        Refusal::InviteInvalid
    );
    stage.must(&caller("bob"), revoke(1));
    assert_eq!(
        stage.refused(&caller("eve"), accept(1)),
        Refusal::InviteInvalid
    );
    stage.now_ms += DAY_MS;
    assert_eq!(
        stage.refused(&caller("eve"), accept(2)),
        Refusal::InviteInvalid
    );
    stage.must(&caller("mod"), revoke(2));
}

#[test]
fn an_invite_is_worth_no_more_than_its_maker() {
    let mut stage = stage();
    let mut above = |who: &Caller, role| stage.refused(who, invite(1, role, None));
    assert_eq!(above(&caller("bob"), Role::Moderator), Refusal::NotBelow);
    assert_eq!(
        above(&guest("gus"), Role::Guest),
        Refusal::NeedsRole(Role::Member)
    );
    stage.must(&caller("mod"), invite(2, Role::Moderator, None));
    stage.must(&caller("ann"), role("mod", Role::Member));
    stage.must(&caller("eve"), accept(2));
    assert_eq!(stage.room.role(&caller("eve")), Some(Role::Member));
}

#[test]
fn who_goes_takes_their_invites_along() {
    let mut stage = stage();
    stage.must(&caller("bob"), invite(1, Role::Member, None));
    stage.must(&caller("mod"), kick("bob"));
    assert_eq!(
        stage.refused(&caller("eve"), accept(1)),
        Refusal::InviteInvalid
    );
    assert_eq!(stage.room.snapshot().invites.len(), 0);
}

#[test]
fn an_invite_has_sane_terms_and_there_are_not_too_many() {
    let mut stage = stage();
    let ann = caller("ann");
    let make = |expires_ms, uses| Command::CreateInvite {
        invite: invite_id(9),
        role: Role::Member,
        expires_ms,
        uses,
    };
    for terms in [
        make(START_MS, None),
        make(START_MS + limits::INVITE_MS_MAX + 1, None),
        make(START_MS + 1, Some(0)),
    ] {
        assert_eq!(stage.refused(&ann, terms), Refusal::InviteTerms);
    }
    for n in 0..=255 {
        stage.must(&ann, invite(n, Role::Member, None));
    }
    let more = Command::CreateInvite {
        invite: greenroom::id::InviteId::from_bytes([
            9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0,
        ]),
        role: Role::Member,
        expires_ms: START_MS + 3 * DAY_MS,
        uses: None,
    };
    assert_eq!(stage.refused(&ann, more.clone()), Refusal::TooManyInvites);
    stage.now_ms += 2 * DAY_MS;
    stage.must(&ann, more);
    assert_eq!(
        stage.room.snapshot().invites.len(),
        1,
        "expired ones made room"
    );
}

#[test]
fn members_see_their_own_invites_and_moderators_all() {
    let mut stage = stage();
    stage.must(&caller("bob"), invite(1, Role::Member, None));
    stage.must(&caller("cid"), invite(2, Role::Member, None));
    let seen = |stage: &Stage, who| stage.room.invites_for(stage.now_ms, &who).map(|i| i.len());
    assert_eq!(seen(&stage, caller("bob")), Ok(1));
    assert_eq!(seen(&stage, caller("mod")), Ok(2));
    assert_eq!(
        seen(&stage, guest("gus")),
        Err(Refusal::NeedsRole(Role::Member))
    );
    stage.now_ms += DAY_MS;
    assert_eq!(seen(&stage, caller("mod")), Ok(0));
}

#[test]
fn who_leaves_may_return_without_the_old_role() {
    let mut stage = stage();
    stage.must(&caller("mod"), Command::Leave);
    let out = Notice::Out {
        user: user("mod"),
        standing: Standing::Left,
    };
    assert_eq!(stage.last.notices, [out]);
    assert!(!stage.room.is_member(&user("mod")));
    assert_eq!(
        stage.refused(&caller("mod"), Command::Leave),
        Refusal::NotAMember
    );
    stage.must(&caller("mod"), JOIN);
    assert_eq!(stage.room.role(&caller("mod")), Some(Role::Member));
}

#[test]
fn the_last_owner_stays_until_there_is_another_or_nobody_else() {
    let mut stage = stage();
    let ann = caller("ann");
    assert_eq!(stage.refused(&ann, Command::Leave), Refusal::LastOwner);
    assert_eq!(
        stage.refused(&ann, role("ann", Role::Member)),
        Refusal::LastOwner
    );
    stage.must(&ann, role("bob", Role::Owner));
    stage.must(&ann, Command::Leave);
    for who in ["mod", "cid", "gus"] {
        stage.must(&caller(who), Command::Leave);
    }
    stage.must(&caller("bob"), Command::Leave);
    assert_eq!(stage.room.member_count(), 0);
}

#[test]
fn moderators_act_only_below_themselves() {
    let mut stage = stage();
    stage.must(&caller("ann"), role("cid", Role::Moderator));
    let moderator = caller("mod");
    for command in [
        kick("ann"),
        ban("cid"),
        kick("mod"),
        role("ann", Role::Member),
        role("cid", Role::Member),
        role("bob", Role::Moderator),
    ] {
        assert_eq!(stage.refused(&moderator, command), Refusal::NotBelow);
    }
    stage.must(&moderator, role("bob", Role::Guest));
    stage.must(&moderator, kick("bob"));
    stage.must(&moderator, role("mod", Role::Member));
    assert_eq!(
        stage.room.role(&moderator),
        Some(Role::Member),
        "one may step down"
    );
}

#[test]
fn owners_act_on_all_others() {
    let mut stage = stage();
    let ann = caller("ann");
    stage.must(&ann, role("bob", Role::Owner));
    stage.must(&ann, role("bob", Role::Member));
    stage.must(&ann, role("cid", Role::Owner));
    stage.must(&ann, ban("cid"));
    assert_eq!(stage.room.role(&caller("cid")), None);
}

#[test]
fn members_and_capped_owners_do_not_moderate() {
    let mut stage = stage();
    let needs = Refusal::NeedsRole(Role::Moderator);
    assert_eq!(stage.refused(&caller("bob"), kick("cid")), needs);
    assert_eq!(stage.refused(&guest("ann"), kick("cid")), needs);
    assert_eq!(
        stage.refused(&caller("eve"), kick("cid")),
        Refusal::NotAMember
    );
}

#[test]
fn the_kicked_may_return_and_the_banned_may_not() {
    let mut stage = stage();
    stage.must(&caller("mod"), kick("bob"));
    stage.must(&caller("bob"), JOIN);
    stage.must(&caller("mod"), ban("bob"));
    assert_eq!(stage.refused(&caller("bob"), JOIN), Refusal::Banned);
    stage.must(&caller("ann"), invite(1, Role::Member, None));
    assert_eq!(stage.refused(&caller("bob"), accept(1)), Refusal::Banned);
    assert_eq!(
        stage.refused(&caller("mod"), kick("bob")),
        Refusal::UserNotFound
    );
    stage.must(&caller("mod"), Command::Unban { user: user("bob") });
    stage.must(&caller("bob"), JOIN);
}

#[test]
fn a_user_can_be_banned_before_they_come() {
    let mut stage = stage();
    stage.must(&caller("mod"), ban("eve"));
    assert_eq!(stage.last.notices, []);
    assert_eq!(stage.refused(&caller("eve"), JOIN), Refusal::Banned);
    stage.must(&caller("mod"), ban("eve"));
    assert_eq!(stage.last.changes, []);
    let unban = |who| Command::Unban { user: user(who) };
    assert_eq!(
        stage.refused(&caller("mod"), unban("bob")),
        Refusal::UserNotFound
    );
    stage.must(&caller("mod"), unban("eve"));
}

#[test]
fn membership_ops_are_the_servers_and_name_who_caused_them() {
    let mut stage = stage();
    stage.must(&caller("mod"), kick("bob"));
    let op = &stage.log.last().expect("appended").entry.op;
    assert_eq!(op.dot.replica(), stage.room.head().server_replica);
    assert_eq!(op.author, Some(user("mod")));
    match &op.body {
        Body::Member {
            user, membership, ..
        } => {
            assert_eq!(
                (user.as_str(), membership.standing),
                ("bob", Standing::Kicked)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_is_needed_to_join() {
    let mut stage = stage();
    for name in ["", " ", "a\nb", &"x".repeat(129)] {
        let nameless = Caller {
            name: name.into(),
            ..caller("eve")
        };
        assert_eq!(stage.refused(&nameless, JOIN), Refusal::BadName);
    }
}
