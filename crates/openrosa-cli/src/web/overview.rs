//! How things stand.

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use chrono::{Days, Utc};
use openrosa_store::server::{ArrivalsAsked, State as FormState};

use super::Web;
use super::access::Look;
use super::arrivals::Row;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::plot::{self, Delay, Month};
use super::seen::{Seen, counted, grouped, moment, query};

const FEW: u32 = 5;
const LAST: u32 = 8;
const TYPES: u32 = 8;

struct Trouble {
    at: String,
    address: String,
    what: &'static str,
    class: &'static str,
    reason: Seen,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    today: String,
    month: Month,
    has_delays: bool,
    delays: Vec<Delay>,
    troubles: Vec<Trouble>,
    rows: Vec<Row>,
    types: Vec<(Seen, String, String, String)>,
    address: String,
    submit_to: String,
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
) -> Result<Response, Failed> {
    let (database, domain) = (web.database(), &look.domain);
    let number = domain.number();
    let today = Utc::now().date_naive();
    let first = today.checked_sub_days(Days::new(plot::DAYS - 1)).unwrap_or(today);
    let days = database.days(domain, first).await?;
    let arrived = days.iter().filter(|count| count.day == today && count.state != "refused");
    let arrived: u64 = arrived.map(|count| count.forms).sum();
    let delays = database.delays(domain).await?;
    let last = database.arrivals(domain, &ArrivalsAsked::default(), LAST).await?;
    let types = database.case_types(domain, None, TYPES).await?;
    Ok(page(&Overview {
        frame: Frame::new(&web, &look, "overview", "Overview"),
        today: counted(arrived, "submission"),
        month: Month::of(&days, today),
        has_delays: delays.iter().any(|count| *count > 0),
        delays: plot::delays(&delays),
        troubles: troubles(&web, &look).await?,
        rows: last.rows.iter().map(|form| Row::of(form, number)).collect(),
        types: types
            .iter()
            .map(|count| {
                let address = format!("/look/{number}/cases/list{}", query(&[("type", &count.case_type)]));
                (Seen::of(&count.case_type), address, grouped(count.open), grouped(count.closed))
            })
            .collect(),
        address: format!("/look/{number}"),
        submit_to: match domain.name.as_str() {
            "" => "/submission".to_owned(),
            name => Seen::of(format!("/a/{name}/receiver/")).to_string(),
        },
    }))
}

/// The last few of everything that somebody should look at, the newest first.
async fn troubles(web: &Web, look: &Look) -> Result<Vec<Trouble>, Failed> {
    let number = look.domain.number();
    let mut all = Vec::new();
    for refusal in web.database().refusals(&look.domain, None, FEW).await? {
        all.push((
            refusal.exchange.at,
            Trouble {
                at: moment(refusal.exchange.at),
                address: format!("/look/{number}/refused/{}", refusal.number()),
                what: "refused",
                class: "refused",
                reason: Seen::of(&refusal.reason),
            },
        ));
    }
    for (state, what) in [(FormState::Error, "error"), (FormState::Quarantined, "quarantined")] {
        let asked = ArrivalsAsked { state: Some(state), ..ArrivalsAsked::default() };
        for form in web.database().arrivals(&look.domain, &asked, FEW).await?.rows {
            all.push((
                form.received_at,
                Trouble {
                    at: moment(form.received_at),
                    address: format!("/look/{number}/submissions/{}", form.seq),
                    what,
                    class: what,
                    reason: Seen::maybe(form.reason.as_deref()),
                },
            ));
        }
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(all.into_iter().take(FEW as usize).map(|(_, trouble)| trouble).collect())
}
