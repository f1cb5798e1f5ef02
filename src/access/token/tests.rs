//! Each kind of bad token has its own error.

use super::*;
use serde_json::{Value, json};

const NOW_S: u64 = 1_800_000_000;

fn key(seed: u8) -> NodeKey {
    NodeKey::from_seed(&[seed; 32])
}

fn verifier() -> TokenVerifier {
    TokenVerifier::new(&[key(1).public()], 5)
}

fn grant() -> Grant {
    Grant {
        user: "alice".parse().expect("an id"),
        device: "web".parse().expect("an id"),
        name: "Alice Ämter".into(),
        rights: Rights::ALL,
        rooms: Some([RoomId::from_bytes([3; 16])].into()),
        lifetime_s: 3600,
    }
}

fn minted() -> String {
    let mint = TokenMint::new(&key(1));
    let token = mint.user(&grant(), TokenId::from_bytes([9; 16]), NOW_S);
    token.expect("a legal grant")
}

/// Signs any claims with the key, as another issuer might.
fn signed(with: &NodeKey, header: &Header, claims: &Value) -> String {
    let key = EncodingKey::from_ed_der(&with.to_pkcs8());
    jsonwebtoken::encode(header, claims, &key).expect("claims encode")
}

fn claims() -> Value {
    json!({
        "iss": key(1).node_id().to_string(), "aud": "greenroom", "sub": "alice", "device": "web",
        "name": "Alice", "rights": ["read", "fly"], "iat": NOW_S, "exp": NOW_S + 60,
        "jti": "00000000000000000000000000000001",
    })
}

fn verify_with(change: impl FnOnce(&mut Value)) -> Result<Capability, TokenError> {
    let mut claims = claims();
    change(&mut claims);
    let token = signed(&key(1), &Header::new(Algorithm::EdDSA), &claims);
    verifier().verify(&token, NOW_S)
}

#[test]
fn a_minted_token_gives_what_was_granted() {
    let got = verifier().verify(&minted(), NOW_S).expect("fresh");
    let want = grant();
    assert_eq!(got.principal, Principal::User);
    assert_eq!(
        (got.user, got.device, got.name),
        (want.user, want.device, want.name)
    );
    assert_eq!((got.rights, &got.rooms), (want.rights, &want.rooms));
    assert_eq!(got.expires_ms, (NOW_S + 3600) * 1000);
    assert_eq!(got.issued_s, NOW_S);
    assert_eq!(got.token_id, TokenId::from_bytes([9; 16]));
}

#[test]
fn unknown_rights_grant_nothing_and_absent_rooms_mean_any() {
    let got = verify_with(|_| ()).expect("valid");
    assert_eq!(got.rights, Rights::NONE.with(Right::Read));
    assert!(got.covers(&RoomId::from_bytes([8; 16])));
    let got = verify_with(|c| c["aud"] = json!(["other", "greenroom"])).expect("several audiences");
    assert_eq!(got.principal, Principal::User);
}

#[test]
fn a_token_ends_on_the_second() {
    let verify_at = |now_s| verifier().verify(&minted(), now_s);
    assert!(verify_at(NOW_S + 3604).is_ok(), "within the leeway");
    assert_eq!(verify_at(NOW_S + 3605), Err(TokenError::Expired));
    assert!(verify_at(NOW_S - 5).is_ok(), "within the leeway");
    assert_eq!(verify_at(NOW_S - 6), Err(TokenError::NotYetValid));
    assert_eq!(verify_at(u64::MAX), Err(TokenError::Expired));
}

#[test]
fn foreign_keys_and_forgeries_are_told_apart() {
    let theirs = TokenMint::new(&key(2)).user(&grant(), TokenId::from_bytes([9; 16]), NOW_S);
    let theirs = theirs.expect("a legal grant");
    assert_eq!(
        verifier().verify(&theirs, NOW_S),
        Err(TokenError::ForeignKey)
    );

    let mut header = Header::new(Algorithm::EdDSA);
    let unnamed = signed(&key(2), &header, &claims());
    assert_eq!(
        verifier().verify(&unnamed, NOW_S),
        Err(TokenError::ForeignKey)
    );

    header.kid = Some(key(1).node_id().to_string());
    let posing = signed(&key(2), &header, &claims());
    assert_eq!(verifier().verify(&posing, NOW_S), Err(TokenError::Forged));

    let ours = minted();
    let (head, rest) = ours.split_once('.').expect("a JWT");
    let (_, signature) = rest.split_once('.').expect("a JWT");
    let other = signed(&key(1), &header, &claims());
    let payload = other.split('.').nth(1).expect("a JWT");
    let spliced = format!("{head}.{payload}.{signature}");
    assert_eq!(verifier().verify(&spliced, NOW_S), Err(TokenError::Forged));
}

#[test]
fn the_algorithm_is_pinned() {
    let secret = EncodingKey::from_secret(key(1).public().as_bytes());
    let confused = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &secret);
    let confused = confused.expect("claims encode");
    assert_eq!(
        verifier().verify(&confused, NOW_S),
        Err(TokenError::Malformed("the algorithm is not EdDSA"))
    );
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.";
    assert!(matches!(
        verifier().verify(none, NOW_S),
        Err(TokenError::Malformed(_))
    ));
}

#[test]
fn other_audiences_are_refused() {
    for aud in [json!("jitsi"), json!([]), json!(["a", "b"])] {
        assert_eq!(
            verify_with(|c| c["aud"] = aud),
            Err(TokenError::WrongAudience)
        );
    }
}

#[test]
fn malformed_tokens_are_refused() {
    for bad in [
        "",
        "x",
        "a.b.c",
        "....",
        &"x".repeat(TOKEN_BYTES_MAX + 1),
        "\u{0}.é.☃",
    ] {
        assert!(
            matches!(verifier().verify(bad, NOW_S), Err(TokenError::Malformed(_))),
            "{bad:?}"
        );
    }
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 14] = [
        ("no subject", |c| {
            drop(c.as_object_mut().map(|c| c.remove("sub")))
        }),
        ("no audience", |c| {
            drop(c.as_object_mut().map(|c| c.remove("aud")))
        }),
        ("no expiry", |c| {
            drop(c.as_object_mut().map(|c| c.remove("exp")))
        }),
        ("no id", |c| {
            drop(c.as_object_mut().map(|c| c.remove("jti")))
        }),
        ("issuer", |c| c["iss"] = json!("0000000000000000")),
        ("user id", |c| c["sub"] = json!("a/b")),
        ("room id", |c| c["rooms"] = json!(["lobby"])),
        ("negative time", |c| c["iat"] = json!(-1)),
        ("backwards", |c| c["exp"] = json!(NOW_S)),
        ("beyond time", |c| c["exp"] = json!(u64::MAX)),
        ("too long a life", |c| {
            c["exp"] = json!(NOW_S + TOKEN_LIFETIME_S_MAX + 1)
        }),
        ("empty name", |c| c["name"] = json!("")),
        ("control characters", |c| c["name"] = json!("a\nb")),
        ("posing as a guest", |c| {
            c["sub"] = json!("guest-0011223344556677")
        }),
    ];
    for (what, change) in changes {
        assert!(
            matches!(verify_with(change), Err(TokenError::Malformed(_))),
            "{what}"
        );
    }
}

#[test]
fn grants_out_of_bounds_are_not_minted() {
    let mint = |change: fn(&mut Grant)| {
        let mut grant = grant();
        change(&mut grant);
        TokenMint::new(&key(1)).user(&grant, TokenId::from_bytes([9; 16]), NOW_S)
    };
    assert_eq!(mint(|g| g.lifetime_s = 0), Err(MintError::Lifetime));
    assert_eq!(
        mint(|g| g.lifetime_s = TOKEN_LIFETIME_S_MAX + 1),
        Err(MintError::Lifetime)
    );
    assert_eq!(mint(|g| g.name = String::new()), Err(MintError::Name));
    assert_eq!(
        mint(|g| g.user = "guest-1".parse().expect("an id")),
        Err(MintError::GuestId)
    );
    let most = |n| {
        (0..n)
            .map(|i| RoomId::from_bytes([i; 16]))
            .collect::<BTreeSet<_>>()
    };
    let mut largest = grant();
    largest.rooms = Some(most(64));
    largest.name = "é".repeat(64);
    largest.user = "u".repeat(64).parse().expect("an id");
    largest.device = "d".repeat(64).parse().expect("an id");
    let token = TokenMint::new(&key(1)).user(&largest, TokenId::from_bytes([9; 16]), NOW_S);
    assert!(token.expect("at the bound").len() <= TOKEN_BYTES_MAX);
    largest.rooms = Some(most(65));
    let token = TokenMint::new(&key(1)).user(&largest, TokenId::from_bytes([9; 16]), NOW_S);
    assert_eq!(token, Err(MintError::Rooms));
}

#[test]
fn an_old_key_counts_as_long_as_it_is_trusted() {
    let both = TokenVerifier::new(&[key(2).public(), key(1).public()], 5);
    assert!(both.verify(&minted(), NOW_S).is_ok());
}
