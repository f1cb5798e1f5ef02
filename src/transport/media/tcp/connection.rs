//! One connection: frames in, frames out.

use super::{Route, TcpEnd, TcpEvent, TcpLimits, TcpLink, guard::Seat};
use crate::rtc::{Path, framing::FrameSplitter};
use socket2::SockRef;
use std::{
    io,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::mpsc,
    time::timeout,
};

/// Read at once.
const READ_BYTES: usize = 16 * 1024;
/// Frames written at once.
const WRITE_FRAMES: usize = 16;
/// Unsent bytes the kernel takes: what waits there cannot be dropped when it is too late for it.
const UNSENT_BYTES_MAX: u32 = 16 * 1024;

/// An accepted connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    seat: Seat,
    limits: TcpLimits,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, seat: Seat, limits: TcpLimits) -> Self {
        Self {
            stream,
            seat,
            limits,
        }
    }

    /// Serves it to its end.
    pub(super) async fn run(self, route: Route) {
        let Self {
            mut stream,
            seat,
            limits,
        } = self;
        if tune(&stream).is_err() {
            return;
        }
        let (reads, writes) = stream.split();
        let mut reader = Reader::new(reads, Path::Tcp(seat.id, seat.remote));
        let first = timeout(limits.first_datagram_timeout, reader.fill()).await;
        let (Ok(Ok(())), Some(datagram)) = (first, reader.frames.first()) else {
            return;
        };
        let Some(events) = route(datagram) else {
            return;
        };
        let (queue, frames) = mpsc::channel(limits.write_datagrams_max.max(1));
        let link = TcpLink {
            id: seat.id,
            remote: seat.remote,
            queue,
            dropped: Arc::new(AtomicU64::new(0)),
        };
        if events.send(TcpEvent::Opened(link)).await.is_err() {
            return;
        }
        let end = tokio::select! {
            end = reader.deliver(&events, limits.idle_timeout) => end,
            end = write(writes, frames, limits.write_timeout) => end,
        };
        // A shard that is gone needs no farewell.
        let _ = events.send(TcpEvent::Closed(seat.id, end)).await;
    }
}

struct Reader<'a> {
    stream: ReadHalf<'a>,
    path: Path,
    splitter: FrameSplitter,
    buffer: Box<[u8]>,
    /// Frames of the last read, at most a buffer full.
    frames: Vec<Vec<u8>>,
}

impl<'a> Reader<'a> {
    fn new(stream: ReadHalf<'a>, path: Path) -> Self {
        Self {
            stream,
            path,
            splitter: FrameSplitter::new(),
            buffer: vec![0; READ_BYTES].into(),
            frames: Vec::new(),
        }
    }

    /// Reads until a frame is whole.
    async fn fill(&mut self) -> Result<(), TcpEnd> {
        while self.frames.is_empty() {
            let read = self.stream.read(&mut self.buffer).await;
            let bytes = match read {
                Ok(0) => return Err(TcpEnd::Closed),
                Ok(count) => &self.buffer[..count],
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(TcpEnd::Closed);
                }
                Err(_) => return Err(TcpEnd::Failed),
            };
            let frames = &mut self.frames;
            self.splitter
                .push(bytes, |frame| frames.push(frame.to_vec()))
                .map_err(|_| TcpEnd::BadFrame)?;
        }
        Ok(())
    }

    /// Hands every datagram to the shard until the connection ends.
    async fn deliver(&mut self, events: &mpsc::Sender<TcpEvent>, idle: Duration) -> TcpEnd {
        loop {
            let arrived = Instant::now();
            for bytes in self.frames.drain(..) {
                let event = TcpEvent::Datagram {
                    path: self.path,
                    bytes,
                    arrived,
                };
                if events.send(event).await.is_err() {
                    return TcpEnd::Dropped;
                }
            }
            match timeout(idle, self.fill()).await {
                Ok(Ok(())) => {}
                Ok(Err(end)) => return end,
                Err(_) => return TcpEnd::Idle,
            }
        }
    }
}

/// Writes what is queued until every link is dropped or the peer is gone.
async fn write(
    mut stream: WriteHalf<'_>,
    mut frames: mpsc::Receiver<Vec<u8>>,
    patience: Duration,
) -> TcpEnd {
    let mut some = Vec::with_capacity(WRITE_FRAMES);
    let mut bytes = Vec::new();
    while frames.recv_many(&mut some, WRITE_FRAMES).await > 0 {
        bytes.clear();
        some.drain(..).for_each(|frame| bytes.extend(frame));
        match timeout(patience, stream.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return TcpEnd::Failed,
            Err(_) => return TcpEnd::Stalled,
        }
    }
    TcpEnd::Dropped
}

fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX)
}
