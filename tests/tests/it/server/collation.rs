//! A database whose collation is not the order of bytes, as most of PostgreSQL's are not; and one of another encoding.

use openrosa_store::server::{Database, Files};
use sqlx::Row as _;

use super::site::{Site, create, form};

/// Ids that stand in another order in any dictionary.
const IDS: [&str; 6] = ["B2", "_d", "a-1", "a1", "b1", "é"];

/// S-040: whatever the order of the database, links are found, and so is the next page.
#[tokio::test]
async fn ids_are_in_the_order_of_their_bytes() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let host = |id: &str| format!("<index><parent case_type='patient'>of {id}</parent></index>");
        let blocks =
            IDS.map(|id| create(&format!("of {id}"), 1, "bob", "") + &create(id, 1, "amy", &host(id)));
        site.takes_for("demo", &form("f1", &blocks.concat())).await;
        let restore = site.restored("amy").await;
        for id in IDS {
            assert!(restore.contains(&format!(">of {id}</parent>")), "{}: {id}: {restore}", site.engine);
            assert!(restore.contains(&format!("case_id=\"of {id}\"")), "{}: {id}: {restore}", site.engine);
        }
        assert_eq!(site.ids_by_page().await.len(), 2 * IDS.len(), "{}", site.engine);
    }
}

/// The order of a column is its own affair: a column without one would have the database's.
#[tokio::test]
async fn no_column_of_texts_has_the_collation_of_the_database() {
    let Some(site) = Site::postgres().await else { return };
    const COLUMNS: &str = "SELECT table_name || '.' || column_name AS name FROM information_schema.columns \
                           WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS NULL \
                           AND table_name NOT LIKE '\\_sqlx%'";
    let pool = sqlx::AnyPool::connect(site.url()).await.unwrap();
    let rows = sqlx::query(COLUMNS).fetch_all(&pool).await.unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.get("name")).collect();
    assert_eq!(names, ["cases.name"]);
}

/// It would take forms until the first with another character, and that one never.
#[tokio::test]
async fn a_database_that_cannot_keep_all_texts_is_refused_at_the_start() {
    let Some(site) = Site::postgres().await else { return };
    let pool = sqlx::AnyPool::connect(site.url()).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()::text").fetch_one(&pool).await.unwrap();
    let create = format!(
        "CREATE DATABASE {name}_latin1 TEMPLATE template0 ENCODING 'LATIN1' \
         LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    );
    sqlx::query(sqlx::AssertSqlSafe(create)).execute(&pool).await.unwrap();
    let url = site.url().replace(&name, &format!("{name}_latin1"));
    let folder = tempfile::tempdir().unwrap();
    let refused = Database::connect(&url, Files::in_folder(folder.path()).unwrap()).await.unwrap_err();
    assert!(refused.is_encoding() && refused.to_string().contains("LATIN1"), "{refused}");
}
