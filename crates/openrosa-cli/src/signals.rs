//! The signals that stop a command, and what is put right before it ends.

#[cfg(unix)]
use std::future::pending;
use std::io::{self, ErrorKind};
use std::sync::mpsc;
use std::{process, thread};

#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

/// The exit status that a shell gives to who was stopped by Ctrl-C.
pub(crate) const INTERRUPTED: i32 = 130;

/// From now on a signal that stops the command has this done first; what it returns is held until the end. It is heard on a thread of
/// its own, as whoever asks for it may be a task of another runtime.
pub(crate) fn before_the_end<T>(put_right: impl FnOnce() -> T + Send + 'static) -> io::Result<()> {
    let (heard, listening) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let stopped = runtime.and_then(|runtime| {
            let stopped = runtime.block_on(async { stopped() })?;
            Ok((runtime, stopped))
        });
        match stopped {
            Ok((runtime, stopped)) => {
                let _ = heard.send(Ok(()));
                let status = runtime.block_on(stopped);
                let _held = put_right();
                process::exit(status);
            }
            Err(error) => drop(heard.send(Err(error))),
        }
    })?;
    listening.recv().unwrap_or_else(|_| Err(ErrorKind::Interrupted.into()))
}

/// The exit status that a shell gives to who was stopped so. A hangup is not heard: `nohup` would be of no use.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = i32>> {
    let (interrupted, terminated) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            () = interrupted => INTERRUPTED,
            () = terminated => 143,
        }
    })
}

/// When a signal comes; never, where it was ignored before: a script has what it starts in the background ignore Ctrl-C.
#[cfg(unix)]
fn heard(kind: SignalKind) -> io::Result<impl Future<Output = ()>> {
    let mut heard = if is_ignored(kind) { None } else { Some(signal(kind)?) };
    Ok(async move {
        match &mut heard {
            Some(heard) => drop(heard.recv().await),
            None => pending().await,
        }
    })
}

/// Linux tells; elsewhere every signal is heard.
#[cfg(unix)]
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    ignored.is_some_and(|bits| bits >> (kind.as_raw_value() - 1) & 1 == 1)
}

#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future<Output = i32>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
        INTERRUPTED
    })
}
