//! A receiver in front of a server's database, to be killed: `receive DATABASE FILES`, where the database is an SQLite file or the
//! address of one of PostgreSQL. It says where it listens, and goes on until something ends it.

use std::error::Error;

use openrosa_http::server::Receiver;
use openrosa_store::server::{Database, Files};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, files] = arguments.as_slice() else { return Err("receive DATABASE FILES".into()) };
    let files = Files::in_folder(files)?;
    let database = match place.starts_with("postgres:") {
        true => Database::connect(place, files).await?,
        false => Database::open(place, files).await?,
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, Receiver::new(database).router()).await?)
}
