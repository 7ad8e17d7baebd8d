//! How far an import is.

use std::time::Duration;

use openrosa_http::transport::Transport;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Error, Kind};
use crate::values::or_default;

/// How far an import is.
///
/// *Wire*: `GET` of the `status_url` that came with the upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusOf {
    /// Where its state is.
    pub status_url: String,
}

/// How far an import is. What HQ adds to it one day is passed over: it says that it may.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The state.
    #[serde(deserialize_with = "state")]
    pub state: State,
    /// What came of it; `None` until something has.
    #[serde(default)]
    pub result: Option<Import>,
}

/// The state of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// -1: there is no such work, or none yet.
    Unknown,
    /// 0.
    NotStarted,
    /// 1.
    Running,
    /// 2: at its end, which is not to say that every row went well.
    Finished,
    /// 3.
    Failed,
    /// A number that nobody has told us about.
    Other(i64),
}

fn state<'de, D: Deserializer<'de>>(from: D) -> Result<State, D::Error> {
    Ok(match i64::deserialize(from)? {
        -1 => State::Unknown,
        0 => State::NotStarted,
        1 => State::Running,
        2 => State::Finished,
        3 => State::Failed,
        other => State::Other(other),
    })
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Import {
    /// How many cases were there already.
    #[serde(default)]
    pub match_count: u64,
    /// How many were made.
    #[serde(default)]
    pub created_count: u64,
    /// What went wrong, where the rest went well.
    #[serde(default, deserialize_with = "or_default")]
    pub errors: Vec<Problem>,
}

/// What went wrong with some rows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// What.
    #[serde(default)]
    pub title: Option<String>,
    /// The same, at length.
    #[serde(default)]
    pub description: Option<String>,
    /// In which column.
    #[serde(default)]
    pub column: Option<String>,
    /// In which rows: numbers mostly, and whatever else HQ has to say about them.
    #[serde(default, deserialize_with = "or_default")]
    pub rows: Vec<Value>,
}

/// How long an import is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "three spans of time, each for a person to set")]
pub struct Waiting {
    /// Between one question and the next.
    pub every: Duration,
    /// In all.
    pub deadline: Duration,
    /// So long there may be no such work: it may not have been written down yet.
    pub grace: Duration,
}

impl Default for Waiting {
    /// Every five seconds for an hour; a minute of grace.
    fn default() -> Self {
        Self {
            every: Duration::from_secs(5),
            deadline: Duration::from_secs(3600),
            grace: Duration::from_secs(60),
        }
    }
}

impl<T: Transport> Client<T> {
    /// Waits until an import is finished or failed; what there is then. Rows that went wrong are in
    /// [`Import::errors`], also of one that is finished.
    pub async fn wait_for_import(&self, asked: &StatusOf, waiting: Waiting) -> Result<Status, Error> {
        let start = Instant::now();
        loop {
            let status = self.call(asked).await?;
            let patience = match status.state {
                State::Finished | State::Failed => return Ok(status),
                State::Unknown => waiting.grace.min(waiting.deadline),
                _ => waiting.deadline,
            };
            if start.elapsed() + waiting.every > patience {
                return Err(Kind::StillWorking.into());
            }
            tokio::time::sleep(waiting.every).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::client::tests::{hq, json};

    /// What waiting comes to when these are the answers, the last of them for ever; and how many questions that took.
    async fn waited<const N: usize>(answers: [&'static str; N]) -> (Result<Status, Error>, usize) {
        let ahead = Mutex::new(answers.into_iter());
        let (client, seen) = hq(move |_| {
            let next = ahead.lock().unwrap().next();
            json(200, next.unwrap_or(answers[N - 1]))
        });
        let asked = StatusOf { status_url: "/a/riverside/importer/status/1/".to_owned() };
        let outcome = client.wait_for_import(&asked, Waiting::default()).await;
        let asked = seen.lock().unwrap().len();
        (outcome, asked)
    }

    /// H-082: polling stops on states 2 and 3, on a deadline, and on -1 after a grace; `result: null` is legal.
    #[tokio::test(start_paused = true)]
    async fn waiting_ends() {
        let running = r#"{"state": 1, "progress": {"percent": 10}, "result": null}"#;
        let unknown = r#"{"state": -1, "progress": {"percent": 0}, "result": null}"#;
        let (outcome, asked) = waited([
            unknown,
            running,
            r#"{"state": 2, "result": {"match_count": 4, "created_count": 9, "errors": null}}"#,
        ])
        .await;
        assert_eq!((outcome.unwrap().result.unwrap().created_count, asked), (9, 3));
        let (outcome, asked) = waited([r#"{"state": 3, "result": null}"#]).await;
        assert_eq!((outcome.unwrap().state, asked), (State::Failed, 1));

        let start = Instant::now();
        assert!(waited([running]).await.0.unwrap_err().is_still_working());
        assert!(start.elapsed() <= Duration::from_secs(3600));
        let start = Instant::now();
        assert!(waited([unknown]).await.0.unwrap_err().is_still_working());
        assert!(start.elapsed() <= Duration::from_secs(60));
    }

    /// H-083: state 2 with errors is a partial success that carries title, column and rows.
    #[test]
    fn some_rows_may_fail() {
        let status: Status = serde_json::from_str(
            r#"{"state": 2, "progress": {"percent": 100}, "result": {"match_count": 4, "created_count": 9, "num_chunks": 1,
            "errors": [{"title": "Bad location", "description": "row skipped", "column": "site", "rows": [5, "six"]}]}}"#,
        )
        .unwrap();
        let problem = &status.result.unwrap().errors[0];
        assert_eq!(
            (problem.title.as_deref(), problem.column.as_deref()),
            (Some("Bad location"), Some("site"))
        );
        assert_eq!(problem.rows, [Value::from(5), Value::from("six")]);
    }
}
