//! Users and lookup data that are here and cannot be read any more.

use sqlx::{Row as _, SqliteConnection};

use super::{check::Fault, fixtures, record};
use crate::error::Error;

/// All that cannot be read, and why.
pub(super) async fn find(tx: &mut SqliteConnection) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for row in sqlx::query("SELECT * FROM users ORDER BY user_id").fetch_all(&mut *tx).await? {
        if let Some(why) = damage(record::read_user(&row))? {
            faults.push(Fault::User { user_id: row.try_get("user_id")?, why });
        }
    }
    // One at a time: one may be large.
    for number in numbers(tx).await? {
        if let Some(why) = of_fixture(tx, number).await? {
            let key = sqlx::query_as("SELECT id, user_id FROM fixtures WHERE number = ?").bind(number);
            let (id, user_id) = key.fetch_one(&mut *tx).await?;
            faults.push(Fault::Fixture { id, user_id, why });
        }
    }
    Ok(faults)
}

/// Removes all that cannot be read. A full restore brings it again.
pub(super) async fn remove(tx: &mut SqliteConnection) -> Result<(), Error> {
    for fault in find(tx).await? {
        match fault {
            Fault::User { user_id, .. } => {
                sqlx::query("DELETE FROM users WHERE user_id = ?").bind(user_id).execute(&mut *tx).await?;
            }
            Fault::Fixture { id, user_id, .. } => {
                let fixture = sqlx::query("DELETE FROM fixtures WHERE id = ? AND user_id = ?");
                fixture.bind(id).bind(user_id).execute(&mut *tx).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn numbers(tx: &mut SqliteConnection) -> Result<Vec<i64>, Error> {
    Ok(sqlx::query_scalar("SELECT number FROM fixtures ORDER BY number").fetch_all(tx).await?)
}

async fn of_fixture(tx: &mut SqliteConnection, number: i64) -> Result<Option<String>, Error> {
    let source = fixtures::source(tx, number).await;
    if let Some(why) = damage(source.and_then(|source| record::read_fixture(&source)))? {
        return Ok(Some(why));
    }
    let indexed = sqlx::query_scalar("SELECT indexed FROM fixtures WHERE number = ?").bind(number);
    let indexed: Option<String> = indexed.fetch_one(&mut *tx).await?;
    let Some(indexed) = indexed else { return Ok(None) };
    if let Some(why) = damage(record::json::<Vec<String>>(&indexed))? {
        return Ok(Some(why));
    }
    let mut after = -1_i64;
    loop {
        const PAGE: &str = "SELECT position, source FROM fixture_rows WHERE fixture = ? AND position > ?
                            ORDER BY position LIMIT 256";
        let page = sqlx::query_as(PAGE).bind(number).bind(after);
        let page: Vec<(i64, String)> = page.fetch_all(&mut *tx).await?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        after = *last;
        for (position, source) in &page {
            if let Some(why) = damage(record::read_row(source))? {
                return Ok(Some(format!("its row {position}: {why}")));
            }
        }
    }
}

/// Why something could not be read, where that is because of what is stored.
fn damage<T>(read: Result<T, Error>) -> Result<Option<String>, Error> {
    match read {
        Ok(_) => Ok(None),
        Err(error) if error.is_damaged() => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}
