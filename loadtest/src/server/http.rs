//! As much HTTP as probes need: one request, one connection.

use anyhow::Context;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take.
const TIME_MAX: Duration = Duration::from_secs(10);
/// The longest answer taken, bytes.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Sends a request without a body; returns status and body.
///
/// # Errors
/// When there is no answer, or none in HTTP/1.1.
pub(crate) async fn send(
    addr: SocketAddr,
    method: &str,
    path: &str,
) -> anyhow::Result<(u16, String)> {
    tokio::time::timeout(TIME_MAX, exchange(addr, method, path))
        .await
        .with_context(|| format!("{method} {path}: no answer within {TIME_MAX:?}"))?
        .with_context(|| format!("{method} {path}"))
}

async fn exchange(addr: SocketAddr, method: &str, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(addr).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream
        .take(ANSWER_BYTES_MAX)
        .read_to_string(&mut answer)
        .await?;
    let status = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .context("not an answer in HTTP/1.1")?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}
