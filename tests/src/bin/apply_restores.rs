//! Applies one numbered restore after the other to a database, and says the number of each when it is on the disk, until it
//! is killed.

use std::{
    env,
    error::Error,
    io::{Write as _, stdout},
};

use openrosa_http::client::restore::Restore;
use openrosa_store::device::Database;
use openrosa_tests::numbered;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("the path of a database is missing")?;
    let database = Database::open(path).await?;
    let held = database.sync_state().await?.and_then(|sync| sync.token);
    let mut number: u32 = held.map_or(Ok(0), |token| token.parse())?;
    loop {
        number += 1;
        let restore = Restore::of(numbered::restore(number)).starting_over();
        database.apply_restore(restore).await?;
        writeln!(stdout(), "{number}")?;
        stdout().flush()?;
    }
}
