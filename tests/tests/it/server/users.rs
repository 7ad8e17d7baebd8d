//! Users, their passwords and their groups.

use openrosa_http::{
    auth::{Credentials, Secret},
    server::{Accounts as _, Admission},
};
use openrosa_store::server::{Group, NewUser};

use super::site::Site;

/// What a database could not find by its index is refused with a word on why, by either engine.
#[tokio::test]
async fn names_and_ids_that_are_too_long_are_refused() {
    for site in Site::all().await {
        let database = &site.database;
        let demo = database.add_domain("demo").await.unwrap();
        let long = "n".repeat(5_000);
        let refused = |what: &str| format!("`{what}` takes up 5000 bytes, 800 at most can be kept");
        let named = database.add_user(&demo, &NewUser::new(&*long, Secret::new("x"))).await.unwrap_err();
        assert_eq!(named.to_string(), refused("username"), "{}", site.engine);
        let identified = NewUser::new("amina", Secret::new("x")).with_id(&*long);
        let identified = database.add_user(&demo, &identified).await.unwrap_err();
        assert_eq!(identified.to_string(), refused("user_id"), "{}", site.engine);
        database.add_user(&demo, &NewUser::new("amina", Secret::new("x"))).await.unwrap();
        let grouped = database.join(&demo, "amina", &Group::new(&*long, "Team")).await.unwrap_err();
        assert_eq!(grouped.to_string(), refused("group_id"), "{}", site.engine);
    }
}

#[tokio::test]
async fn a_password_opens_one_door() {
    for site in Site::all().await {
        let database = &site.database;
        let demo = database.add_domain("demo").await.unwrap();
        let other = database.add_domain("other").await.unwrap();
        assert_eq!(database.add_domain("demo").await.unwrap(), demo);
        let user = database.add_user(&demo, &NewUser::new("amina", Secret::new("s3cret"))).await.unwrap();
        database.add_user(&other, &NewUser::new("bahati", Secret::new("s3cret"))).await.unwrap();
        assert!(
            database.add_user(&demo, &NewUser::new("amina", Secret::new("x"))).await.is_err(),
            "the name is taken"
        );

        let ask = async |name: &str, password: &str, domain: Option<&str>| {
            database.by_password(&Credentials::new(name, password), domain).await.unwrap()
        };
        let granted = Admission::Granted("amina".to_owned());
        assert_eq!(ask("amina", "s3cret", Some("demo")).await, granted, "{}", site.engine);
        for name in ["amina@demo.commcarehq.org", "Amina", "AMINA@demo.commcarehq.org"] {
            assert_eq!(ask(name, "s3cret", Some("demo")).await, granted, "{name}");
        }
        for (name, password, domain) in [
            ("amina", "S3cret", Some("demo")),
            ("amina", "s3cret", Some("other")),
            ("amina", "s3cret", None),
            ("amina@other.commcarehq.org", "s3cret", Some("demo")),
            ("bahati", "s3cret", Some("demo")),
            ("nobody", "nobody", Some("demo")),
            ("amina", "s3cret", Some("nowhere")),
        ] {
            assert_eq!(ask(name, password, domain).await, Admission::Denied, "{name} {password} {domain:?}");
        }
        database.set_active(&demo, "amina", false).await.unwrap();
        assert!(matches!(ask("amina", "s3cret", Some("demo")).await, Admission::Inactive(_)));
        assert_eq!(
            ask("amina", "wrong", Some("demo")).await,
            Admission::Denied,
            "only who proves it is told"
        );
        database.set_active(&demo, "amina", true).await.unwrap();
        database.set_password(&demo, "amina", &Secret::new("new")).await.unwrap();
        assert_eq!(ask("amina", "new", Some("demo")).await, granted);

        // Who has that very name comes first.
        database.add_user(&demo, &NewUser::new("Amina", Secret::new("other"))).await.unwrap();
        assert_eq!(ask("Amina", "new", Some("demo")).await, Admission::Denied);
        assert_eq!(ask("Amina", "other", Some("demo")).await, Admission::Granted("Amina".to_owned()));
        let (composed, decomposed) = ("na\u{ef}ve", "nai\u{308}ve");
        for (set, given) in [(composed, decomposed), (decomposed, composed)] {
            database.set_password(&demo, "amina", &Secret::new(set)).await.unwrap();
            assert_eq!(ask("amina", given, Some("demo")).await, granted, "{}: {given:?}", site.engine);
        }

        database.join(&demo, "amina", &Group::new("g1", "Team")).await.unwrap();
        database.join(&demo, "amina", &Group::new("g1", "Team One")).await.unwrap();
        assert_eq!(database.groups_of(&demo, &user.user_id).await.unwrap(), [Group::new("g1", "Team One")]);
        database.leave(&demo, "amina", "g1").await.unwrap();
        assert!(database.groups_of(&demo, &user.user_id).await.unwrap().is_empty());
        assert!(database.set_password(&other, "amina", &Secret::new("x")).await.is_err());
    }
}

#[tokio::test]
async fn who_has_a_name_or_an_id_is_said_and_nobody_gets_a_name_of_no_use() {
    for site in Site::all().await {
        let demo = site.database.add_domain("demo").await.unwrap();
        let add = async |name: &str, id: &str| {
            let new = NewUser::new(name, Secret::new("x")).with_id(id);
            site.database.add_user(&demo, &new).await.map_err(|error| error.to_string())
        };
        add("amina", "u1").await.unwrap();
        assert_eq!(add("bob", "u1").await.unwrap_err(), "`u1` is the id of the user `amina` already");
        for id in ["u1", "u2"] {
            assert_eq!(add("amina", id).await.unwrap_err(), "there is a user `amina` already");
        }
        for name in ["", "a:b", "a\nb"] {
            let refused = add(name, "u3").await.unwrap_err();
            assert!(refused.starts_with("nobody can sign in as"), "{}: {refused}", site.engine);
        }
        for name in ["zoe@demo.commcarehq.org", " zoe", "zoe\u{a0}", " zoe@demo.commcarehq.org "] {
            let refused = add(name, "u3").await.unwrap_err();
            assert!(
                refused.ends_with("leaves `zoe`: add the user under that name"),
                "{}: {refused}",
                site.engine
            );
        }
        add("zoe@other.commcarehq.org", "u3").await.unwrap();
    }
}

/// A clock that is ahead for a moment does not bring back whom it has signed out.
#[tokio::test]
async fn a_visit_that_was_ended_is_remembered_for_a_month_after_its_time() {
    for site in Site::all().await {
        let (database, now) = (&site.database, chrono::Utc::now());
        let hour = chrono::TimeDelta::hours(1);
        database.end_visit("long over", now - chrono::TimeDelta::days(31)).await.unwrap();
        assert!(database.has_ended("long over").await.unwrap(), "{}", site.engine);
        database.end_visit("over", now - hour).await.unwrap();
        for _ in 0..2 {
            database.end_visit("ended", now + hour).await.unwrap();
        }
        let known = [
            database.has_ended("ended").await,
            database.has_ended("over").await,
            database.has_ended("long over").await,
            database.has_ended("goes on").await,
        ];
        assert_eq!(known.map(Result::unwrap), [true, true, false, false], "{}", site.engine);
    }
}
