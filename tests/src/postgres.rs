//! A PostgreSQL server for tests: one that is named by `OPENROSA_POSTGRES`, or one of Debian's packages that is started here and
//! ends with the process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// The server of this process.
struct Server {
    /// The address of its own database, in which others are made.
    url: String,
    _started: Option<Started>,
}

struct Started {
    /// It reads a line from us, and has the server end when there is none any more.
    _guard: Child,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a fresh database; `None`, and a word to the reader, where there is no PostgreSQL.
pub async fn database() -> Option<String> {
    let server = SERVER.get_or_init(start).as_ref()?;
    let name = format!("openrosa_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&server.url).await.expect("the server answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&pool).await.expect("a database can be made");
    pool.close().await;
    let (before, after) = server.url.rsplit_once("/postgres").expect("its own database is called so");
    Some(format!("{before}/{name}{after}"))
}

fn start() -> Option<Server> {
    if let Ok(url) = std::env::var("OPENROSA_POSTGRES") {
        return Some(Server { url, _started: None });
    }
    let Some(binaries) = binaries() else {
        eprintln!("skipped: there is no PostgreSQL here; install it, or name one in OPENROSA_POSTGRES");
        return None;
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    let as_user = other_user();
    if as_user.is_some() {
        let owned = Command::new("chown").arg("postgres").arg(folder.path()).status();
        assert!(owned.is_ok_and(|status| status.success()), "the folder can be given to `postgres`");
    }
    let initdb = binaries.join("initdb");
    let options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"];
    // The order of a dictionary, as people's databases have it: nothing may rely on that of bytes.
    let order = ["--locale-provider=icu", "--icu-locale=en-US"];
    let made = command(as_user, &initdb)
        .args(options)
        .args(order)
        .arg("--pgdata")
        .arg(&data)
        .stdout(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "a cluster can be made");
    let guard = guard(as_user, &binaries.join("postgres"), &data, folder.path());
    let url = format!("postgres://postgres@localhost/postgres?host={}", folder.path().display());
    wait(folder.path());
    // What is static is never dropped: the guard takes the folder away.
    let _ = folder.keep();
    Some(Server { url, _started: Some(Started { _guard: guard }) })
}

/// Where Debian puts them, or where the path leads.
fn binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.chain(std::env::split_paths(&path)).find(|folder| folder.join("initdb").is_file())
}

/// PostgreSQL does not run as root.
fn other_user() -> Option<&'static str> {
    let id = Command::new("id").arg("-u").output().ok()?;
    (id.stdout.trim_ascii() == b"0").then_some("postgres")
}

fn command(as_user: Option<&str>, program: &Path) -> Command {
    let Some(user) = as_user else { return Command::new(program) };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]).arg(program).current_dir("/");
    command
}

/// Starts it, without a port: nobody reaches it but by the socket in its folder, which goes with it. No test cuts its power:
/// it need not wait for the disk.
fn guard(as_user: Option<&str>, postgres: &Path, data: &Path, sockets: &Path) -> Child {
    const GUARD: &str = "\"$0\" -D \"$1\" -k \"$2\" -c listen_addresses= -c max_connections=200 \
                         -c fsync=off -c max_wal_size=128MB >\"$2/log\" 2>&1 & \
                         read -r line; kill -QUIT $!; wait; rm -rf \"$2\"";
    let mut shell = command(as_user, Path::new("/bin/sh"));
    shell.args(["-c", GUARD]).arg(postgres).arg(data).arg(sockets);
    shell.stdin(Stdio::piped()).spawn().expect("a shell can be started")
}

fn wait(sockets: &Path) {
    for _ in 0..600 {
        if sockets.join(".s.PGSQL.5432").exists() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("PostgreSQL did not start: {}", fs::read_to_string(sockets.join("log")).unwrap_or_default());
}
