//! What the page for people asks of a server's database, of many submissions and cases and of a hundredth of them: a view reads
//! what it shows, and so takes as long with the many as with the few.

use openrosa_store::server::{ArrivalsAsked, CasesLooked, Database, Domain, Files, State};
use sqlx::{AnyPool, AssertSqlSafe};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{Contender, Suite};
use crate::Failure;

/// How often a view is asked for at each run: one is over too soon to be measured.
const TIMES: u64 = 20;
/// How many cases a user has.
const OF_USER: u64 = 100;
/// How many rows a page has.
const PAGE: u32 = 50;

/// Two databases of a server.
#[derive(Debug)]
pub struct Input {
    many: Site,
    few: Site,
    runtime: Runtime,
}

#[derive(Debug)]
struct Site {
    database: Database,
    domain: Domain,
    forms: u64,
    _folder: TempDir,
}

macro_rules! suite {
    ($few:literal, $many:literal, $view:path) => {
        &[
            Contender {
                name: $few,
                run: |input| input.look(&input.few, async |site| $view(site).await).into(),
            },
            Contender {
                name: $many,
                run: |input| input.look(&input.many, async |site| $view(site).await).into(),
            },
        ]
    };
}

/// Each view over few is the measure of the same over many.
pub const SUITES: [Suite<Input>; 9] = [
    suite!("look-overview-few", "look-overview", overview),
    suite!("look-arrivals-few", "look-arrivals", arrivals),
    suite!("look-filtered-few", "look-filtered", filtered),
    suite!("look-submission-few", "look-submission", submission),
    suite!("look-forms-few", "look-forms", forms),
    suite!("look-cases-few", "look-cases", cases),
    suite!("look-case-few", "look-case", case),
    suite!("look-people-few", "look-people", people),
    suite!("look-person-few", "look-person", person),
];

impl Input {
    /// Makes both.
    pub fn new(forms: u64, cases: u64) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let many = runtime.block_on(Site::new(forms, cases))?;
        let few = runtime.block_on(Site::new(forms / 100, cases / 100))?;
        Ok(Self { many, few, runtime })
    }

    fn look(&self, site: &Site, view: impl AsyncFn(&Site) -> Result<usize, openrosa_store::Error>) -> u64 {
        let mut seen = 0;
        for _ in 0..TIMES {
            seen += self.runtime.block_on(view(site)).expect("the database answers") as u64;
        }
        seen
    }
}

async fn overview(site: &Site) -> Result<usize, openrosa_store::Error> {
    let days = site.database.days(&site.domain, chrono::NaiveDate::default()).await?;
    let types = site.database.case_types(&site.domain, None, 8).await?;
    let last = site.database.arrivals(&site.domain, &ArrivalsAsked::default(), 8).await?;
    let refused = site.database.refusals(&site.domain, None, 5).await?;
    Ok(days.len() + types.len() + last.rows.len() + refused.len())
}

async fn arrivals(site: &Site) -> Result<usize, openrosa_store::Error> {
    let asked = ArrivalsAsked { before: i64::try_from(site.forms / 2).ok(), ..ArrivalsAsked::default() };
    Ok(site.database.arrivals(&site.domain, &asked, PAGE).await?.rows.len())
}

async fn filtered(site: &Site) -> Result<usize, openrosa_store::Error> {
    let asked = ArrivalsAsked { state: Some(State::Error), ..ArrivalsAsked::default() };
    let of_user = ArrivalsAsked { user: Some("user 7".into()), ..ArrivalsAsked::default() };
    let errors = site.database.arrivals(&site.domain, &asked, PAGE.min(10)).await?.rows.len();
    Ok(errors + site.database.arrivals(&site.domain, &of_user, PAGE.min(10)).await?.rows.len())
}

async fn submission(site: &Site) -> Result<usize, openrosa_store::Error> {
    let form = site.database.submission(&site.domain, 90).await?;
    let lineage = site.database.lineage(&site.domain, &form).await?;
    let came = site.database.exchanges(&site.domain, &form).await?;
    Ok(lineage.before.len() + came.len() + site.database.xml(&site.domain, &form).await?.len())
}

async fn forms(site: &Site) -> Result<usize, openrosa_store::Error> {
    Ok(site.database.forms_counted(&site.domain, None, 100).await?.0.len())
}

async fn cases(site: &Site) -> Result<usize, openrosa_store::Error> {
    let asked = CasesLooked { case_type: "type 3".into(), name: "name 1".into(), ..CasesLooked::default() };
    Ok(site.database.cases_of_type(&site.domain, &asked, PAGE).await?.len())
}

async fn case(site: &Site) -> Result<usize, openrosa_store::Error> {
    let found = site.database.case(&site.domain, &"c40".into()).await?;
    let around = site.database.surroundings(&site.domain, &"c40".into(), 60).await?;
    let reasons = site.database.reasons(&site.domain, &around).await?;
    let stock = match &found {
        Some(found) => site.database.stock_lines(&site.domain, &found.case, PAGE).await?.len(),
        None => 0,
    };
    Ok(usize::from(found.is_some()) + around.cases.len() + reasons.len() + stock)
}

async fn people(site: &Site) -> Result<usize, openrosa_store::Error> {
    Ok(site.database.people(&site.domain, None, PAGE).await?.len())
}

async fn person(site: &Site) -> Result<usize, openrosa_store::Error> {
    let user = site.database.user(&site.domain, "user 7").await?;
    let asked = ArrivalsAsked { user: Some(user.username.clone()), ..ArrivalsAsked::default() };
    let sent = site.database.arrivals(&site.domain, &asked, 20).await?.rows.len();
    let owned = site.database.cases_of_owner(&site.domain, user.user_id.as_str(), None, 20).await?.len();
    let groups = site.database.groups_of(&site.domain, &user.user_id).await?.len();
    Ok(sent + owned + groups + site.database.syncs(&site.domain, &user.user_id, 20).await?.len())
}

impl Site {
    async fn new(forms: u64, cases: u64) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let files = Files::in_folder(folder.path().join("files"))?;
        let path = folder.path().join("server.db");
        let database = Database::open(&path, files).await?;
        let domain = database.domain(None).await?;
        fill(&path, forms, cases).await?;
        Ok(Self { database, domain, forms, _folder: folder })
    }
}

/// By the engine itself, past everything that forms do: what is measured is reading.
async fn fill(path: &std::path::Path, forms: u64, cases: u64) -> Result<(), Failure> {
    const FORMS: &str = "INSERT INTO forms (domain, seq, log_id, form_key, version, instance_id, state, replaces, superseded, \
         received_at, counts_at, user_name, sha256, xml) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < FORMS) \
         SELECT 1, i, 'l' || i, 'form ' || (i % 20), '7', 'i' || i, CASE WHEN i % 50 = 0 THEN 'error' ELSE 'normal' END, \
         CASE WHEN i % 90 = 0 THEN 'i' || (i - 20) END, 0, i % 30 * 86400000000, i, 'user ' || (i % 30), '', \
         CAST('<data/>' AS BLOB) FROM n";
    const CASES: &str = "INSERT INTO cases (domain, case_id, seq, case_type, name, owner_id, closed, deleted, modified_at, body) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CASES) \
         SELECT 1, 'c' || i, i, 'type ' || (i % 7), 'Name ' || i, 'u' || (i % USERS), i % 10 / 9, 0, i, '{}' FROM n";
    // Families of ten.
    const LINKS: &str = "INSERT INTO links (domain, source, name, target, relationship) \
         SELECT 1, case_id, 'parent', 'c' || (seq / 10 * 10), 'child' FROM cases WHERE seq % 10 > 0";
    // With as many cases each, and three restores that their devices may still name.
    const PEOPLE: &str = "INSERT INTO users (domain, user_id, username, password, active, data, joined_at) \
         WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < USERS - 1) \
         SELECT 1, 'u' || i, 'user ' || i, '', 1, '{}', i FROM n";
    const SYNCS: &str = "INSERT INTO sync_logs (token, domain, user_id, seq, made_at, cases, bytes, body) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3 * USERS) \
         SELECT 't' || i, 1, 'u' || (i % USERS), i, i, 100, 50000, '' FROM n";
    const STOCK: &str = "INSERT INTO ledgers (domain, entity_id, section_id, entry_id, quantity) \
         SELECT 1, case_id, 'stock', 'soap', seq FROM cases WHERE seq % 10 = 0";
    let users = (cases / OF_USER).max(60);
    let pool = AnyPool::connect(&format!("sqlite://{}", path.display())).await?;
    for statement in [FORMS, CASES, LINKS, PEOPLE, SYNCS, STOCK] {
        let statement =
            statement.replace("FORMS)", &format!("{forms})")).replace("CASES)", &format!("{cases})"));
        let statement = statement.replace("USERS", &users.to_string());
        sqlx::query(AssertSqlSafe(statement)).execute(&pool).await?;
    }
    pool.close().await;
    Ok(())
}
