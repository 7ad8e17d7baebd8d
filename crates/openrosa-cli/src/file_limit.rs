//! The size that the system lets a file have (`ulimit -f`).

#[cfg(unix)]
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

/// The signal to who writes beyond it, on every system that is in use.
#[cfg(unix)]
const SIGXFSZ: i32 = 25;

/// Has it be an error of whoever writes, with a place and words. Else the process is killed without any.
#[cfg(unix)]
pub(crate) fn survive() {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
    // What was listened for once does nothing else from then on, whoever listens.
    let _ = runtime.block_on(async { signal(SignalKind::from_raw(SIGXFSZ)) });
}

/// Elsewhere it is an error anyway.
#[cfg(not(unix))]
pub(crate) fn survive() {}
