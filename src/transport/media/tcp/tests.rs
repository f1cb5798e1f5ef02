use super::*;
use std::net::Ipv4Addr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::{LocalSet, spawn_local},
};

const HELLO: &[u8] = b"hello";
/// Only to fail instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test on this thread.
async fn in_time(test: impl Future<Output = ()>) {
    let local = LocalSet::new();
    let test = local.run_until(tokio::time::timeout(PATIENCE, test));
    test.await.expect("an end");
}

fn framed(datagram: &[u8]) -> Vec<u8> {
    let header = frame_header(datagram.len()).expect("short");
    [&header, datagram].concat()
}

/// A listener that knows [`HELLO`], and the queue it leads to.
fn serve(limits: TcpLimits) -> (SocketAddr, mpsc::Receiver<TcpEvent>) {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let tcp = IceTcp::bind(&[any_port], limits).expect("a free port");
    let address = tcp.addresses()[0];
    let (queue, events) = mpsc::channel(4);
    let route: Route = Rc::new(move |first| (first == HELLO).then(|| queue.clone()));
    spawn_local(tcp.run(route));
    (address, events)
}

async fn datagram(events: &mut mpsc::Receiver<TcpEvent>) -> (Path, Vec<u8>) {
    match events.recv().await.expect("the listener lives") {
        TcpEvent::Datagram { path, bytes, .. } => (path, bytes),
        other => panic!("{other:?}"),
    }
}

async fn opened(events: &mut mpsc::Receiver<TcpEvent>) -> TcpLink {
    let link = match events.recv().await.expect("the listener lives") {
        TcpEvent::Opened(link) => link,
        other => panic!("{other:?}"),
    };
    assert_eq!(datagram(events).await, (link.path(), HELLO.to_vec()));
    link
}

async fn ended(events: &mut mpsc::Receiver<TcpEvent>) -> (TcpId, TcpEnd) {
    match events.recv().await.expect("the listener lives") {
        TcpEvent::Closed(id, end) => (id, end),
        other => panic!("{other:?}"),
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    stream.write_all(&framed(HELLO)).await.expect("loopback");
    stream
}

/// Whether the other side closed or reset it, once everything it wrote is read.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.is_err() || rest.is_empty()
}

#[tokio::test]
async fn datagrams_go_both_ways_however_the_stream_is_cut() {
    in_time(async {
        let (address, mut events) = serve(TcpLimits::default());
        let mut stream = connect(address).await;
        let link = opened(&mut events).await;
        assert_eq!(link.remote(), stream.local_addr().expect("bound"));
        let sent: Vec<_> = (1..60u8).map(|i| vec![i; usize::from(i) * 20]).collect();
        let bytes: Vec<u8> = sent.iter().flat_map(|datagram| framed(datagram)).collect();
        let (mut reads, mut writes) = stream.split();
        let write = async {
            for piece in bytes.chunks(777) {
                writes.write_all(piece).await.expect("loopback");
            }
        };
        let receive = async {
            for expected in &sent {
                let (path, bytes) = datagram(&mut events).await;
                assert_eq!((path, &bytes), (link.path(), expected));
                link.send(&bytes).expect("read below");
                let mut echo = vec![0; 2 + expected.len()];
                reads.read_exact(&mut echo).await.expect("what was sent");
                assert_eq!(echo, framed(expected));
            }
        };
        tokio::join!(write, receive);
        drop(stream);
        assert_eq!(ended(&mut events).await, (link.id(), TcpEnd::Closed));
        assert_eq!(link.send(HELLO), Err(TcpSendError::Ended));
    })
    .await;
}

#[tokio::test]
async fn garbage_ends_its_connection_and_no_other() {
    in_time(async {
        let (address, mut events) = serve(TcpLimits::default());
        let honest = connect(address).await;
        let link = opened(&mut events).await;
        for garbage in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &framed(b"who?"),
            &[0xff; 4096],
        ] {
            let mut stream = TcpStream::connect(address).await.expect("a listener");
            // It may be closed before everything is written.
            let _ = stream.write_all(garbage).await;
            assert!(is_closed(stream).await);
        }
        let mut spoilt = connect(address).await;
        let other = opened(&mut events).await;
        spoilt.write_all(&[0xff; 100]).await.expect("loopback");
        assert_eq!(ended(&mut events).await, (other.id(), TcpEnd::BadFrame));
        assert_ne!(other.id(), link.id());
        link.send(HELLO).expect("an open connection");
        drop(honest);
        assert_eq!(ended(&mut events).await.0, link.id());
    })
    .await;
}

#[tokio::test]
async fn a_slow_reader_loses_whole_datagrams_and_costs_a_bounded_queue() {
    in_time(async {
        let (address, mut events) = serve(TcpLimits::default());
        let mut stream = connect(address).await;
        let link = opened(&mut events).await;
        // Until the kernel's buffers and the queue are full.
        let mut taken = Vec::new();
        let mut number = 0u32;
        while link.dropped() < 100 {
            let bytes = [number.to_be_bytes(); 300].concat();
            match link.send(&bytes) {
                Ok(()) => taken.push(bytes),
                Err(TcpSendError::Full) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
            number += 1;
        }
        assert!(taken.len() < number as usize);
        drop(link);
        for expected in taken {
            let mut frame = vec![0; 2 + expected.len()];
            stream.read_exact(&mut frame).await.expect("a whole frame");
            assert_eq!(frame, framed(&expected));
        }
        assert!(is_closed(stream).await, "dropping the link closes it");
        assert_eq!(ended(&mut events).await.1, TcpEnd::Dropped);
    })
    .await;
}

#[tokio::test]
async fn silence_ends_a_connection_before_and_after_its_first_datagram() {
    in_time(async {
        // Each limit alone, so that it does not matter how late the machine carries the first datagram.
        let (soon, never) = (Duration::from_millis(1), Duration::from_secs(3600));
        let (address, _events) = serve(TcpLimits {
            first_datagram_timeout: soon,
            idle_timeout: never,
            ..TcpLimits::default()
        });
        let silent = TcpStream::connect(address).await.expect("a listener");
        assert!(is_closed(silent).await);
        let (address, mut events) = serve(TcpLimits {
            first_datagram_timeout: never,
            idle_timeout: soon,
            ..TcpLimits::default()
        });
        let stream = connect(address).await;
        let link = opened(&mut events).await;
        assert_eq!(ended(&mut events).await, (link.id(), TcpEnd::Idle));
        drop(stream);
    })
    .await;
}

#[tokio::test]
async fn connections_of_one_address_are_bounded() {
    in_time(async {
        let (address, mut events) = serve(TcpLimits {
            connections_per_address_max: 2,
            ..TcpLimits::default()
        });
        let first = connect(address).await;
        let link = opened(&mut events).await;
        let _second = connect(address).await;
        let _other = opened(&mut events).await;
        let third = TcpStream::connect(address).await.expect("a listener");
        assert!(is_closed(third).await);
        drop(first);
        assert_eq!(ended(&mut events).await.0, link.id());
        let again = connect(address).await;
        opened(&mut events).await;
        drop(again);
    })
    .await;
}

#[tokio::test]
async fn a_datagram_too_long_for_a_frame_is_refused() {
    in_time(async {
        let (address, mut events) = serve(TcpLimits::default());
        let _stream = connect(address).await;
        let link = opened(&mut events).await;
        let result = link.send(&[0; 5000]);
        assert!(matches!(result, Err(TcpSendError::TooLong(_))));
    })
    .await;
}
