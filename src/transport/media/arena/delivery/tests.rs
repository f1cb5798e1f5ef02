use super::*;
use std::net::SocketAddr;

const TO: [([u8; 4], u16); 3] = [
    ([192, 0, 2, 1], 1),
    ([192, 0, 2, 2], 2),
    ([192, 0, 2, 3], 3),
];

fn to(i: usize) -> SocketAddr {
    SocketAddr::from(TO[i])
}

/// A run of `count` datagrams of 100 bytes.
fn run(start: usize, count: usize, to: SocketAddr) -> Run {
    let mut run = Run::new(start, 100, to);
    for _ in 1..count {
        assert!(run.join(100, to));
    }
    run
}

/// Delivers to a kernel that answers from a script, then takes everything; and tells what it was offered.
fn with_kernel(
    runs: &[Run],
    gso: &mut Gso,
    script: &[Result<usize, Errno>],
) -> (FlushReport, Vec<(usize, Option<u16>, usize)>) {
    let addresses: Vec<_> = runs.iter().map(|run| Some(run.to().into())).collect();
    let mut offered = Vec::new();
    let mut script = script.iter();
    let report = deliver(runs, &addresses, gso, |group| {
        assert!(group.runs.len() == group.addresses.len());
        for (run, address) in group.runs.iter().zip(group.addresses) {
            assert_eq!(*address, Some(run.to().into()));
        }
        offered.push((group.runs[0].range().start, group.segment, group.runs.len()));
        script.next().copied().unwrap_or(Ok(group.runs.len()))
    });
    (report, offered)
}

#[test]
fn the_rest_of_a_partial_send_is_sent() {
    let runs = [0, 1, 2].map(|i| run(i * 200, 2, to(i)));
    let (report, offered) = with_kernel(&runs, &mut Gso::On, &[Ok(1), Ok(1)]);
    assert_eq!(
        offered,
        [(0, Some(100), 3), (200, Some(100), 2), (400, Some(100), 1)]
    );
    assert_eq!((report.sent, report.bytes, report.calls), (6, 600, 3));
    assert_eq!(report.drops, EgressDrops::default());
}

#[test]
fn a_full_buffer_drops_the_rest_of_its_family_only() {
    let ipv6: SocketAddr = "[2001:db8::1]:9".parse().expect("an address");
    let runs = [
        run(0, 1, to(0)),
        run(100, 2, to(1)),
        run(300, 3, ipv6),
        run(600, 1, to(2)),
    ];
    let (report, offered) = with_kernel(&runs, &mut Gso::On, &[Ok(1), Err(Errno::EAGAIN)]);
    assert_eq!(
        offered,
        [(0, None, 1), (100, Some(100), 1), (300, Some(100), 1)]
    );
    assert_eq!((report.sent, report.drops.full), (4, 3));
}

#[test]
fn a_full_queue_below_drops_one_run() {
    let runs = [0, 1, 2].map(|i| run(i * 100, 1, to(i)));
    let (report, offered) = with_kernel(&runs, &mut Gso::On, &[Err(Errno::ENOBUFS)]);
    assert_eq!(offered, [(0, None, 3), (100, None, 2)]);
    assert_eq!((report.sent, report.drops.full), (2, 1));
}

#[test]
fn a_device_without_offload_turns_it_off_and_loses_nothing() {
    let runs = [run(0, 40, to(0)), run(4000, 2, to(1))];
    let mut gso = Gso::On;
    let (report, offered) = with_kernel(&runs, &mut gso, &[Err(Errno::EIO)]);
    assert_eq!(gso, Gso::Off);
    assert_eq!(
        offered,
        [
            (0, Some(100), 2),
            (0, None, 32),
            (3200, None, 8),
            (4000, None, 2)
        ]
    );
    assert_eq!((report.sent, report.bytes), (42, 4200));
    assert_eq!(report.drops, EgressDrops::default());
}

#[test]
fn a_narrow_path_gets_single_datagrams_and_others_their_runs() {
    let runs = [run(0, 3, to(0)), run(300, 2, to(1))];
    let mut gso = Gso::On;
    let (report, offered) = with_kernel(&runs, &mut gso, &[Err(Errno::EINVAL)]);
    assert_eq!(gso, Gso::On);
    assert_eq!(
        offered,
        [(0, Some(100), 2), (0, None, 3), (300, Some(100), 1)]
    );
    assert_eq!(report.sent, 5);
}

#[test]
fn errors_are_counted_by_kind() {
    for (error, expected) in [
        (
            Errno::ENETUNREACH,
            EgressDrops {
                unreachable: 1,
                ..EgressDrops::default()
            },
        ),
        (
            Errno::EMSGSIZE,
            EgressDrops {
                too_long: 1,
                ..EgressDrops::default()
            },
        ),
        (
            Errno::EINVAL,
            EgressDrops {
                other: 1,
                ..EgressDrops::default()
            },
        ),
    ] {
        let (report, _) = with_kernel(&[run(0, 1, to(0))], &mut Gso::On, &[Err(error)]);
        assert_eq!((report.sent, report.drops), (0, expected));
    }
}
