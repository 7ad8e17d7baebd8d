//! Migrations that were committed, as they were.

use std::{fs, path::Path};

use sha2::{Digest as _, Sha256};

/// The beginning of each one's SHA-256, and its name.
const COMMITTED: [&str; 34] = [
    "9db305ef4813bd3f device/0001_cases.sql",
    "bfb4c2cd8aba2cce device/0002_outbox.sql",
    "73d054475147732d device/0003_effects.sql",
    "c92a07adb48d3f31 device/0004_ids.sql",
    "14de39d478ad9771 device/0005_contents.sql",
    "624f718c23eeaca2 device/0006_home.sql",
    "be402406d1ac1159 device/0007_knowledge.sql",
    "1554e55a8bc32081 device/0008_user.sql",
    "e2587430eb3e0e0a device/0009_pieces.sql",
    "dcf3c568ce999da9 server/postgres/0001_server.sql",
    "0057d2dbd1d4389e server/postgres/0010_page.sql",
    "5e461675250e6f01 server/postgres/0020_restores.sql",
    "e6e711f4977bbd5a server/postgres/0021_phones.sql",
    "2d57fa869d279533 server/postgres/0022_extensions.sql",
    "a1ebfd508a01c6de server/postgres/0023_collation.sql",
    "e74b3f3ff2016a8d server/postgres/0024_back.sql",
    "f159f74b300ef50f server/postgres/0025_identity.sql",
    "43bb68cf3673daf5 server/postgres/0026_spaced.sql",
    "7f83786c77bc5e0b server/postgres/0027_gone_stock.sql",
    "f06df70f62d010b5 server/postgres/0028_place.sql",
    "ff593d30234e19ce server/postgres/0029_standing.sql",
    "17bf1cd25cba615e server/postgres/0030_visits.sql",
    "c77449465d388eff server/sqlite/0001_server.sql",
    "11d27406ea7039a7 server/sqlite/0010_page.sql",
    "f1d4cbf03b06f117 server/sqlite/0020_restores.sql",
    "440547b874d1b854 server/sqlite/0021_phones.sql",
    "7d1bbaac4b2b2edb server/sqlite/0022_extensions.sql",
    "ae3be8dde9bfcc5a server/sqlite/0024_back.sql",
    "aae7729b95d09391 server/sqlite/0025_identity.sql",
    "869693235e5d008e server/sqlite/0026_spaced.sql",
    "acdce197ca3c78a9 server/sqlite/0027_gone_stock.sql",
    "88b051de6b1be086 server/sqlite/0028_place.sql",
    "ff593d30234e19ce server/sqlite/0029_standing.sql",
    "a3bd7e9db0b028f5 server/sqlite/0030_visits.sql",
];

/// The files of a folder and of those in it.
fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true => found.extend(all(&path).into_iter().map(|(rest, sql)| (format!("{name}/{rest}"), sql))),
            false => found.push((name, fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

#[test]
fn what_was_committed_is_not_edited() {
    let found = all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"));
    let found = found.iter().map(|(name, sql)| {
        let hash: String = Sha256::digest(sql)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hash} {name}")
    });
    assert_eq!(
        found.collect::<Vec<_>>(),
        COMMITTED,
        "a new migration gets its line here; one that was committed is never edited, not even its comments, for a database that \
         has applied it is refused from then on: put it back as it was, and write a new one"
    );
}
