//! How long senders wait for a server that is there: 1, 8 and 64 at once, each with a form of two cases and no file.
//!
//! ```console
//! $ openrosa serve &
//! $ openrosa-bench-load http://127.0.0.1:8080/submission
//! ```
//!
//! Several addresses are taken in turn, as a balancer would. Forms come in as fast as they are acknowledged, so that what is shown
//! is a server that has no rest. The forms stay where they were sent.

use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::future::try_join_all;
use openrosa_bench::Failure;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Builder;

#[derive(Parser)]
struct Args {
    /// Where forms are posted to
    #[arg(required = true)]
    to: Vec<String>,
    /// How many send at once, one measurement each
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64])]
    clients: Vec<usize>,
    /// How many forms a measurement sends
    #[arg(long, default_value_t = 4_000)]
    forms: usize,
    /// What ids begin with; another one at each run, as forms that come again are known
    #[arg(long)]
    run: String,
}

fn main() -> Result<(), Failure> {
    let args = Args::parse();
    // Whoever was first has installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    println!(
        "{:>7}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
        "clients", "forms/s", "median", "90 %", "99 %", "worst"
    );
    for clients in &args.clients {
        let began = Instant::now();
        let mut waits = runtime.block_on(measure(&args, *clients))?;
        let speed = waits.len() as f64 / began.elapsed().as_secs_f64();
        waits.sort_unstable();
        let at = |part: usize| millis(waits[(waits.len() * part / 1000).min(waits.len() - 1)]);
        println!("{clients:>7}  {speed:>8.0}  {}  {}  {}  {}", at(500), at(900), at(990), at(1000));
    }
    Ok(())
}

fn millis(wait: Duration) -> String {
    format!("{:>5.1} ms", wait.as_secs_f64() * 1e3)
}

/// How long each form took from its first byte to the answer's last.
async fn measure(args: &Args, clients: usize) -> Result<Vec<Duration>, Failure> {
    let sender = Client::builder().no_proxy().build()?;
    let each = (args.forms / clients.max(1)).max(1);
    let lanes = (0..clients).map(|lane| {
        let (sender, to) = (sender.clone(), &args.to[lane % args.to.len()]);
        async move {
            let mut waits = Vec::with_capacity(each);
            for number in 0..each {
                waits.push(send(&sender, to, &format!("{}-{clients}-{lane}-{number}", args.run)).await?);
            }
            Ok::<_, Failure>(waits)
        }
    });
    Ok(try_join_all(lanes).await?.concat())
}

async fn send(sender: &Client, to: &str, id: &str) -> Result<Duration, Failure> {
    let request = sender.post(to).header(CONTENT_TYPE, "text/xml").body(form(id));
    let began = Instant::now();
    let answer = request.send().await?;
    let status = answer.status();
    answer.bytes().await?;
    let wait = began.elapsed();
    if status.as_u16() == 201 { Ok(wait) } else { Err(format!("{id}: {status}").into()) }
}

/// A form that makes a case and another one below it.
fn form(id: &str) -> String {
    let case = |case: &str, actions: &str| {
        format!(
            "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"{case}\" user_id=\"u1\" \
             date_modified=\"2026-05-01T10:00:00.000000Z\">{actions}</case>"
        )
    };
    let create = |name: &str| {
        format!(
            "<create><case_type>{name}</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>"
        )
    };
    let (household, patient) = (format!("{id}-h"), format!("{id}-p"));
    let update = "<update><village>Kibaha</village><age>34</age></update>";
    let index = format!("<index><parent case_type=\"household\">{household}</parent></index>");
    format!(
        "<data xmlns=\"http://example.org/visit\">{}{}<meta xmlns=\"http://openrosa.org/jr/xforms\">\
         <instanceID>{id}</instanceID></meta></data>",
        case(&household, &create("household")),
        case(&patient, &(create("patient") + update + &index)),
    )
}
