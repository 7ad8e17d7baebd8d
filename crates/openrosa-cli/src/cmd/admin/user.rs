//! `openrosa admin user`.

use clap::Subcommand;
use openrosa_http::auth::Secret;
use openrosa_store::server::{Domain, Group, NewUser, User};
use serde_json::json;

use super::{InDomain, Office, failed, of_domain};
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen, typed_last};
use crate::servers;
use crate::table::{self, Side};
use crate::terminal::{print, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a user
    Add {
        /// By this the user signs in
        name: String,
        #[command(flatten)]
        domain: InDomain,
        /// By this cases name their owner; by default one that nobody else has
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// A group whose cases the user gets too; may be given several times
        #[arg(long, value_name = "ID")]
        group: Vec<String>,
        /// May look at everything in the domain, on the page for people and by Briefcase, and set it right; in the domain without a
        /// name, on the page, in all
        #[arg(long)]
        staff: bool,
        #[command(flatten)]
        password: Password,
    },
    /// All users of a domain
    List {
        #[command(flatten)]
        domain: InDomain,
    },
    /// Give a user another password
    Password {
        /// The user
        name: String,
        #[command(flatten)]
        domain: InDomain,
        #[command(flatten)]
        password: Password,
    },
    /// Let a user work no more; what is known of the user stays
    Deactivate(Named),
    /// Let a user work again
    Activate(Named),
    /// Let a user look at everything in the domain, fetch it as Briefcase does, and set it right
    Staff(Named),
    /// Let a user no more than send and fetch
    Unstaff(Named),
    /// Say what else the device of a user is told of it, as in first_name=Amina; what was said before counts no more
    Data {
        /// The user
        name: String,
        /// What, by the name that forms have for it; without any, nothing else
        #[arg(value_name = "NAME=VALUE", value_parser = datum)]
        data: Vec<(String, String)>,
        #[command(flatten)]
        domain: InDomain,
    },
    /// Put a user into a group, which is made if it is not there
    Join(InGroup),
    /// Take a user out of a group
    Leave {
        /// The user
        name: String,
        /// The id of the group
        group: String,
        #[command(flatten)]
        domain: InDomain,
    },
}

/// A user.
#[derive(clap::Args)]
pub(super) struct Named {
    /// The user
    name: String,
    #[command(flatten)]
    domain: InDomain,
}

/// A user and a group.
#[derive(clap::Args)]
pub(super) struct InGroup {
    /// The user
    name: String,
    /// The id of the group, by which cases name it as their owner
    group: String,
    /// What people call the group
    #[arg(long, value_name = "NAME")]
    called: Option<String>,
    #[command(flatten)]
    domain: InDomain,
}

/// Where a password comes from. It is never an argument: others on the machine see those.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Password {
    /// The environment variable that holds the password; without it, it is typed
    #[arg(long, value_name = "VARIABLE", group = "given")]
    password_env: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, group = "given")]
    password_stdin: bool,
}

pub(super) async fn run(command: &Command, office: &Office) -> Result<Exit, Failure> {
    match command {
        Command::Add { name, domain, id, group, staff, password } => {
            let domain = office.domain(domain).await?;
            let new = NewUser::new(name, password.read()?);
            let new = if *staff { new.staff() } else { new };
            add(name, id.as_deref(), group, new, &domain, office).await
        }
        Command::List { domain } => list(&office.domain(domain).await?, office).await,
        Command::Password { name, domain, password } => {
            let domain = office.domain(domain).await?;
            let secret = password.read()?;
            changed(office.database.set_password(&domain, name, &secret).await, &domain, office)?;
            told(name, &domain, "has another password", office).await
        }
        Command::Deactivate(user) => activate(user, false, office).await,
        Command::Activate(user) => activate(user, true, office).await,
        Command::Staff(user) => staff(user, true, office).await,
        Command::Unstaff(user) => staff(user, false, office).await,
        Command::Data { name, data, domain } => {
            let domain = office.domain(domain).await?;
            let data = data.iter().cloned().collect();
            changed(office.database.set_data(&domain, name, &data).await, &domain, office)?;
            told(name, &domain, &format!("has {} for its device", counted(data.len(), "value")), office).await
        }
        Command::Join(member) => join(member, office).await,
        Command::Leave { name, group, domain } => {
            leave(name, group, &office.domain(domain).await?, office).await
        }
    }
}

/// `name=value`, of which the name is not empty.
fn datum(given: &str) -> Result<(String, String), String> {
    match given.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written as in first_name=Amina".to_owned()),
    }
}

async fn leave(name: &str, group: &str, domain: &Domain, office: &Office) -> Result<Exit, Failure> {
    let unchanged = |error| failed(&error).remedy(office.command_in(domain, "user list"));
    let user = office.database.user(domain, name).await.map_err(unchanged)?;
    let groups = office.database.groups_of(domain, &user.user_id).await.map_err(unchanged)?;
    if !groups.iter().any(|known| known.group_id == group) {
        told(name, domain, &format!("was not in {}", seen(group)), office).await?;
        return Ok(Exit::Findings);
    }
    office.database.leave(domain, name, group).await.map_err(unchanged)?;
    told(name, domain, &format!("is not in {} any more", seen(group)), office).await
}

async fn add(
    name: &str,
    id: Option<&str>,
    groups: &[String],
    new: NewUser,
    domain: &Domain,
    office: &Office,
) -> Result<Exit, Failure> {
    let new = match id {
        Some(id) => new.with_id(id),
        None => new,
    };
    let added = office.database.add_user(domain, &new).await;
    let user = added.map_err(|error| match error.is_taken_user() {
        true => {
            failed(&error).remedy(office.command_in(domain, &format!("user password {}", typed_last(name))))
        }
        false => failed(&error),
    })?;
    for group in groups {
        changed(office.database.join(domain, name, &Group::new(group, group)).await, domain, office)?;
    }
    let id = seen(user.user_id.as_str());
    office.told(
        format_args!("added {}{}, with the id {id}", seen(name), of_domain(domain)),
        json(&user, &groups_of(&user, domain, office).await?),
    );
    Ok(Exit::Clean)
}

async fn join(member: &InGroup, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&member.domain).await?;
    let called = member.called.as_ref().unwrap_or(&member.group);
    let group = Group::new(&member.group, called);
    changed(office.database.join(&domain, &member.name, &group).await, &domain, office)?;
    told(&member.name, &domain, &format!("is in {}", seen(&member.group)), office).await
}

async fn activate(user: &Named, active: bool, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&user.domain).await?;
    changed(office.database.set_active(&domain, &user.name, active).await, &domain, office)?;
    told(&user.name, &domain, if active { "may work again" } else { "may not work any more" }, office).await
}

async fn staff(user: &Named, is_staff: bool, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&user.domain).await?;
    changed(office.database.set_staff(&domain, &user.name, is_staff).await, &domain, office)?;
    told(&user.name, &domain, if is_staff { "is staff" } else { "is not staff any more" }, office).await
}

fn changed(done: Result<(), openrosa_store::Error>, domain: &Domain, office: &Office) -> Result<(), Failure> {
    done.map_err(|error| failed(&error).remedy(office.command_in(domain, "user list")))
}

/// What became of a user; to a program, the user as a list has it now.
async fn told(name: &str, domain: &Domain, what: &str, office: &Office) -> Result<Exit, Failure> {
    let user = office.database.user(domain, name).await.map_err(|error| failed(&error))?;
    office.told(
        format_args!("{}{} {what}", seen(name), of_domain(domain)),
        json(&user, &groups_of(&user, domain, office).await?),
    );
    Ok(Exit::Clean)
}

async fn groups_of(user: &User, domain: &Domain, office: &Office) -> Result<Vec<String>, Failure> {
    let groups = office.database.groups_of(domain, &user.user_id).await;
    Ok(groups.map_err(|error| failed(&error))?.into_iter().map(|group| group.group_id).collect())
}

async fn list(domain: &Domain, office: &Office) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    for user in office.database.users(domain).await.map_err(|error| failed(&error))? {
        let groups = groups_of(&user, domain, office).await?;
        match office.json {
            true => say(json(&user, &groups)),
            false => rows.push(cells(&user, &groups)),
        }
    }
    if !office.json {
        let mut out = String::new();
        let headings = ["user", "id", "groups", "status", "since"].map(|heading| (heading, Side::Left));
        if !rows.is_empty() {
            table::write(&mut out, &headings, &rows);
        }
        print(&out);
        say(format_args!("{}{}", counted(rows.len(), "user"), of_domain(domain)));
    }
    Ok(Exit::Clean)
}

fn cells(user: &User, groups: &[String]) -> Vec<String> {
    vec![
        seen(&user.username).into_owned(),
        seen(user.user_id.as_str()).into_owned(),
        groups.iter().map(|group| seen(group)).collect::<Vec<_>>().join(" "),
        status(user).to_owned(),
        user.joined_at.date_naive().to_string(),
    ]
}

fn status(user: &User) -> &'static str {
    match (user.active, user.is_staff) {
        (false, _) => "inactive",
        (true, false) => "active",
        (true, true) => "staff",
    }
}

fn json(user: &User, groups: &[String]) -> serde_json::Value {
    json!({
        "user": user.username, "user_id": user.user_id.as_str(), "groups": groups,
        "active": user.active, "staff": user.is_staff, "data": user.data, "joined_at": user.joined_at,
    })
}

impl Password {
    fn read(&self) -> Result<Secret, Failure> {
        let secret = match &self.password_env {
            Some(variable) => {
                let missing =
                    || Failure::new(format!("the environment has no `{variable}` to take the password from"));
                Secret::new(std::env::var(variable).map_err(|_| missing())?)
            }
            // The server takes blanks off what devices give, too.
            None => servers::asked("password", self.password_stdin)
                .map(|given| Secret::new(given.expose()))
                .map_err(|failure| failure.remedy("--password-stdin or --password-env VARIABLE"))?,
        };
        servers::given("password", secret)
    }
}
