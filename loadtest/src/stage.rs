//! What every scenario stands on: the server, a way in, rooms, clients, and the audit at the end.

use crate::args::Args;
use crate::client::{Client, Keep, OnLoss, Settings, Since};
use crate::clock::now_us;
use crate::door::Door;
use crate::fleet::{Fleet, Member, Order, Outcome, Pace, Plan, Signals};
use crate::ledger::{AuthorRecord, Findings, Log, ViewRecord};
use crate::server::{Build, Meter, Sample, Server, Usage, WEBSOCKET_PATH};
use crate::tally::Tally;
use crate::wire::Endpoint;
use anyhow::{Context, ensure};
use greenroom::crdt::Entry;
use greenroom::id::RoomId;
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::ToSocketAddrs;
use std::rc::Rc;
use std::time::Duration;

/// Between the order to start and the start: so that all workers begin together.
const LEAD_US: u64 = 300_000;
/// Rooms made at once.
const ROOMS_AT_ONCE: usize = 32;

/// The server and a way in.
pub(crate) struct Stage {
    pub(crate) args: Args,
    /// A server of our own.
    pub(crate) server: Option<Server>,
    /// CPU and memory of the server, if it can be seen.
    pub(crate) meter: Option<Meter>,
    pub(crate) endpoint: Endpoint,
    pub(crate) run: u32,
    pub(crate) bar: ProgressBar,
    door: Door,
}

/// The place of one client of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Index of its room.
    pub(crate) room: usize,
    pub(crate) writes: bool,
    pub(crate) stalls: bool,
}

/// What a fleet does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) pace: Pace,
    pub(crate) signals: Signals,
    pub(crate) seconds: f64,
    pub(crate) stall_after_s: f64,
    /// Lost links are made again.
    pub(crate) resume: bool,
}

/// A run and what it cost.
pub(crate) struct Ran {
    pub(crate) outcome: Outcome,
    pub(crate) start_us: u64,
    pub(crate) end_us: u64,
    /// Before the first client connected, before the start, and at the end.
    pub(crate) usage: Option<[Usage; 3]>,
}

impl Stage {
    /// Starts or finds the server.
    ///
    /// # Errors
    /// When there is none, or no way in.
    pub(crate) async fn set(args: &Args, build: Build) -> anyhow::Result<Self> {
        Self::set_with(args, build, None).await
    }

    /// Starts or finds the server; one of our own gets so many media shards, or as many as it likes.
    ///
    /// # Errors
    /// When there is none, or no way in.
    pub(crate) async fn set_with(
        args: &Args,
        build: Build,
        shards: Option<usize>,
    ) -> anyhow::Result<Self> {
        let bar = ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{elapsed_precise} {spinner} {prefix:<12} {msg}")
                .context("the progress line")?,
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        let (server, endpoint, pid) = match &args.url {
            None => {
                bar.set_prefix("server");
                bar.set_message("building and starting");
                let server =
                    Server::spawn(build, shards, args.data_in.as_deref(), args.keep_data).await?;
                let endpoint = Endpoint {
                    addr: server.addr(),
                    host: server.addr().to_string(),
                    path: WEBSOCKET_PATH.into(),
                };
                let pid = server.pid();
                (Some(server), endpoint, pid)
            }
            Some(url) => (None, endpoint(url)?, args.pid),
        };
        let door = match (&server, &args.key) {
            _ if args.guests => Door::Guests,
            (_, Some(key)) => Door::with_key(key)?,
            (Some(server), None) => Door::with_key(&server.data().join("node.key"))?,
            (None, None) => anyhow::bail!("with --url, give --key FILE or --guests"),
        };
        Ok(Self {
            args: args.clone(),
            server,
            meter: pid.map(Meter::watch),
            endpoint,
            run: rand::random(),
            bar,
            door,
        })
    }

    /// A client outside of any fleet, connected, with its own counts.
    ///
    /// # Errors
    /// When it is not let in.
    pub(crate) async fn client(
        &self,
        who: &str,
        keep: Keep,
        on_loss: OnLoss,
    ) -> anyhow::Result<(Rc<Client>, Rc<RefCell<Tally>>)> {
        let settings = Rc::new(Settings {
            endpoint: self.endpoint.clone(),
            subprotocol: self.args.subprotocol.into(),
            on_loss,
            keep,
        });
        let tally = Rc::new(RefCell::new(Tally::default()));
        let login = self.door.login(self.run, who)?;
        let client = Client::new(&settings, &tally, login, false);
        let connected = client.connect().await;
        connected.with_context(|| format!("connecting {who}"))?;
        Ok((client, tally))
    }

    /// Makes public rooms, owned by the user `owner`.
    ///
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn rooms(&self, count: usize) -> anyhow::Result<Vec<RoomId>> {
        use futures_util::{StreamExt, TryStreamExt, stream};
        self.bar.set_prefix("rooms");
        self.bar.set_message(format!("making {count}"));
        let (owner, _) = self.client("owner", Keep::Digest, OnLoss::Stay).await?;
        let rooms = stream::iter(0..count)
            .map(|n| {
                let name = format!("load {:08x}-{n}", self.run);
                let owner = Rc::clone(&owner);
                async move { owner.create_room(name).await }
            })
            .buffered(ROOMS_AT_ONCE)
            .try_collect()
            .await?;
        owner.leave();
        Ok(rooms)
    }

    /// The plans of a fleet: one client per spot, spread over the worker processes.
    ///
    /// # Errors
    /// When a token cannot be minted.
    pub(crate) fn plans(
        &self,
        rooms: &[RoomId],
        spots: &[Spot],
        load: Load,
    ) -> anyhow::Result<Vec<Plan>> {
        let authors = spots.iter().filter(|spot| spot.writes).count();
        let workers = self.args.processes().min(spots.len().max(1));
        let mut plans = vec![
            Plan {
                endpoint: self.endpoint.clone(),
                encoding: self.args.subprotocol,
                run: self.run,
                seed: self.args.seed,
                rooms: rooms.to_vec(),
                members: Vec::new(),
                clients: spots.len(),
                authors,
                pace: load.pace,
                signals: load.signals,
                text_bytes: self.args.text_bytes(),
                resume: load.resume,
                seconds: load.seconds,
                stall_after_s: load.stall_after_s,
            };
            workers
        ];
        let mut rank = 0..;
        for (index, spot) in spots.iter().enumerate() {
            plans[index % workers].members.push(Member {
                index,
                login: self.door.login(self.run, &index.to_string())?,
                room: spot.room,
                author: spot.writes.then(|| rank.next()).flatten(),
                stalls: spot.stalls,
            });
        }
        Ok(plans)
    }

    /// Connects a fleet, makes its clients members and opens their rooms; returns usage before the first client.
    ///
    /// # Errors
    /// When a client is refused.
    pub(crate) async fn gather(&self, plans: Vec<Plan>) -> anyhow::Result<(Fleet, Option<Usage>)> {
        let before = self.usage();
        let clients = plans.first().map_or(0, |plan| plan.clients);
        let mut fleet = Fleet::start(plans).await?;
        for (prefix, order) in [
            ("connect", Order::Connect),
            ("join", Order::Join),
            ("open", Order::Open),
        ] {
            self.bar.set_prefix(prefix);
            self.bar.set_message(format!("{clients} clients"));
            fleet.order(order, &self.bar).await?;
        }
        Ok((fleet, before))
    }

    /// Starts a gathered fleet; returns when the start is.
    ///
    /// # Errors
    /// When a worker is gone.
    pub(crate) async fn start(&self, fleet: &Fleet) -> anyhow::Result<u64> {
        let start_us = now_us() + LEAD_US;
        self.bar.set_prefix("load");
        fleet.send(&Order::Run { start_us }).await?;
        Ok(start_us)
    }

    /// Gathers a fleet, runs it to the end and collects its report.
    ///
    /// # Errors
    /// When a client or worker fails.
    pub(crate) async fn drive(&self, plans: Vec<Plan>) -> anyhow::Result<Ran> {
        let (mut fleet, before) = self.gather(plans).await?;
        let at_start = self.usage();
        let start_us = self.start(&fleet).await?;
        fleet.wait(&self.bar).await?;
        self.ran(&mut fleet, start_us, [before, at_start]).await
    }

    /// Collects the report of a fleet whose run has ended.
    ///
    /// # Errors
    /// When a worker is gone.
    pub(crate) async fn ran(
        &self,
        fleet: &mut Fleet,
        start_us: u64,
        [before, at_start]: [Option<Usage>; 2],
    ) -> anyhow::Result<Ran> {
        let end_us = now_us();
        let usage = match (before, at_start, self.usage()) {
            (Some(before), Some(at_start), Some(end)) => Some([before, at_start, end]),
            _ => None,
        };
        Ok(Ran {
            outcome: fleet.report().await?,
            start_us,
            end_us,
            usage,
        })
    }

    /// Compares the ledgers with a fresh full sync of every room.
    ///
    /// # Errors
    /// When a room cannot be read.
    pub(crate) async fn audit(&self, outcome: &Outcome) -> anyhow::Result<Findings> {
        self.bar.set_prefix("audit");
        let mut rooms: HashMap<RoomId, (Vec<&AuthorRecord>, Vec<&ViewRecord>)> = HashMap::new();
        for author in &outcome.authors {
            rooms.entry(author.room).or_default().0.push(author);
        }
        for view in &outcome.views {
            rooms.entry(view.room).or_default().1.push(view);
        }
        let (reader, _) = self.client("owner", Keep::Entries, OnLoss::Stay).await?;
        let mut found = Findings::default();
        let total = rooms.len();
        for (n, (room, (authors, views))) in rooms.into_iter().enumerate() {
            self.bar.set_message(format!("{n} of {total} rooms"));
            let entries = read_all(&reader, room).await?;
            found.add(&Log::new(&entries).compare(authors, views));
        }
        reader.leave();
        Ok(found)
    }

    /// What the server used so far, if it can be seen.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.meter.as_ref().map(Meter::read)
    }

    /// The server's process, if it can be seen.
    pub(crate) fn pid(&self) -> Option<u32> {
        let own = self.server.as_ref().and_then(Server::pid);
        own.or(self.args.pid)
    }

    /// What was seen of the server's usage through the run.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.meter.as_ref().map(Meter::samples).unwrap_or_default()
    }
    /// Ends a server of our own in good order and starts it again on the same data; false when it is not ours.
    ///
    /// # Errors
    /// When it does not end, or does not come back.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<bool> {
        let Some(server) = &mut self.server else {
            return Ok(false);
        };
        server.stop().await?;
        server.start().await?;
        self.meter = server.pid().map(Meter::watch);
        Ok(true)
    }

    /// Stops a server of our own in good order.
    ///
    /// # Errors
    /// When it does not stop.
    pub(crate) async fn strike(&mut self) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        match &mut self.server {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }
}

/// A room's whole log, by a full sync.
///
/// # Errors
/// When the room cannot be opened.
pub(crate) async fn read_all(reader: &Rc<Client>, room: RoomId) -> anyhow::Result<Vec<Entry>> {
    reader
        .open(room, Since::Beginning, None)
        .await
        .with_context(|| format!("reading room {room} in full"))?;
    let entries = reader.take_entries();
    reader.close_room(room).await?;
    Ok(entries)
}

/// Every client in one room, writers and readers alike.
pub(crate) fn spread(clients: usize, rooms: usize) -> Vec<Spot> {
    (0..clients)
        .map(|n| Spot {
            room: n % rooms,
            writes: true,
            stalls: false,
        })
        .collect()
}

fn endpoint(url: &str) -> anyhow::Result<Endpoint> {
    let (scheme, rest) = url.split_once("://").context("--url begins with ws://")?;
    ensure!(
        matches!(scheme, "ws" | "http"),
        "the harness speaks ws:// and http:// only; put it on the server's side of TLS"
    );
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) if !path.is_empty() => (host, format!("/{path}")),
        Some((host, _)) => (host, WEBSOCKET_PATH.to_owned()),
        None => (rest, WEBSOCKET_PATH.to_owned()),
    };
    let addr = host
        .to_socket_addrs()
        .with_context(|| format!("{host:?} is not host:port"))?
        .next()
        .with_context(|| format!("{host:?} has no address"))?;
    Ok(Endpoint {
        addr,
        host: host.to_owned(),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_leave_the_path_out() {
        let end = endpoint("ws://127.0.0.1:7700").expect("legal");
        assert_eq!(
            (end.addr.port(), end.path.as_str()),
            (7_700, WEBSOCKET_PATH)
        );
        assert_eq!(
            endpoint("http://127.0.0.1:1/x/y").expect("legal").path,
            "/x/y"
        );
        assert!(endpoint("wss://127.0.0.1:1").is_err());
        assert!(endpoint("127.0.0.1:1").is_err());
    }
}
