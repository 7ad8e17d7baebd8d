//! How the engine goes about what pages ask.

use sqlx::{AssertSqlSafe, Row as _};

use super::super::{Database, State, engine::Engine};
use super::{arrivals, cases, exchanges, lineage, people, reasons, refusals, stock, surroundings, tallies};
use crate::error::Error;

/// How the engine goes about one question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryPlan {
    /// What is asked.
    pub question: &'static str,
    /// In the engine's words, one step a line.
    pub steps: String,
}

/// What is bound.
enum Value {
    Number(i64),
    Text(&'static str),
}
use Value::{Number, Text};

impl Database {
    /// How the engine would go about each of the questions that pages ask. For whoever tunes it, and for the tests that hold it
    /// to reading no more than is shown.
    pub async fn query_plans(&self) -> Result<Vec<QueryPlan>, Error> {
        let mut plans = Vec::new();
        for (question, sql, values) in questions(self.engine) {
            let sql = self.engine.texts(&sql);
            let explained = format!("{}{sql}", self.engine.explain());
            let mut query = sqlx::query(AssertSqlSafe(explained));
            for value in values {
                query = match value {
                    Number(number) => query.bind(number),
                    Text(text) => query.bind(text),
                };
            }
            let rows = query.fetch_all(&self.readers).await?;
            let column = if self.engine == Engine::Sqlite { 3 } else { 0 };
            let steps = rows.iter().map(|row| row.try_get::<String, _>(column));
            let steps = steps.collect::<Result<Vec<_>, _>>()?.join("\n");
            plans.push(QueryPlan { question, steps });
        }
        Ok(plans)
    }
}

fn questions(engine: Engine) -> Vec<(&'static str, String, Vec<Value>)> {
    let asked = |form: bool, user: bool, state: Option<State>| arrivals::ArrivalsAsked {
        form: form.then(String::new),
        user: user.then(String::new),
        state,
        before: None,
    };
    let arrivals = [
        ("the last arrivals", asked(false, false, None)),
        ("arrivals of a form", asked(true, false, None)),
        ("arrivals of a user", asked(false, true, None)),
        ("arrivals in a state", asked(false, false, Some(State::Error))),
        ("arrivals of a form, a user and a state", asked(true, true, Some(State::Normal))),
    ];
    let mut all: Vec<_> = arrivals
        .into_iter()
        .map(|(question, asked)| {
            let values = vec![Number(1), Number(1 << 40), Text("f"), Text("u"), Text("error"), Number(50)];
            (question, arrivals::statement(&asked), values)
        })
        .collect();
    let of_form = || vec![Number(1), Text("f"), Text("i")];
    let near = || vec![Number(1), Text("[\"a\"]"), Number(50)];
    let names = vec![Number(1), Text("t"), Number(0), Text("a"), Text(""), Text("b"), Number(50)];
    all.extend([
        ("what an edit replaced", lineage::statement(lineage::PREDECESSOR), of_form()),
        ("what replaced a form", lineage::statement(lineage::SUCCESSOR), of_form()),
        (
            "the exchanges of a form",
            exchanges::OF_FORM.to_owned(),
            vec![Number(1), Text("f"), Text("i"), Number(20)],
        ),
        ("the last refusals", refusals::NEWEST.to_owned(), vec![Number(1), Number(1 << 40), Number(50)]),
        (
            "forms and their counts",
            tallies::FORMS.to_owned(),
            vec![Number(1), Text(""), Number(1), Number(50)],
        ),
        ("types of cases", tallies::TYPES.to_owned(), vec![Number(1), Text(""), Number(1), Number(50)]),
        ("arrivals a day", tallies::DAYS.to_owned(), vec![Number(1), Number(20_000)]),
        ("cases of a type by name", cases::by_name(engine), names),
        ("cases of an owner", cases::by_owner(), vec![Number(1), Text("o"), Text(""), Number(50)]),
        ("users and their last restores", people::PEOPLE.to_owned(), vec![Number(1), Text(""), Number(50)]),
        ("the restores of a user", people::SYNCS.to_owned(), vec![Number(1), Text("u"), Number(20)]),
        ("the links from cases", surroundings::FROM.to_owned(), near()),
        ("the links to cases", surroundings::TO.to_owned(), near()),
        ("cases in lines", surroundings::LINES.to_owned(), vec![Number(1), Text("[\"a\"]")]),
        ("stock at a case", stock::OF_CASE.to_owned(), vec![Number(1), Text("c"), Number(50)]),
        ("a form in a case's history", stock::XML_LOGGED.to_owned(), vec![Number(1), Text("l")]),
        ("users who own", reasons::OWNERS.to_owned(), near()),
        ("users in groups that own", reasons::MEMBERS.to_owned(), near()),
    ]);
    all
}
