//! Lists, forms and their files over a network that does all that networks do: what is in its place is whole and right.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use http::header::{CONTENT_RANGE, CONTENT_TYPE, RANGE};
use http::{Response, request::Parts};
use md5::{Digest, Md5};
use openrosa_http::api::form_list;
use openrosa_http::client::{Client, Error};
use openrosa_http::transport::hyper::Hyper;
use openrosa_tests::faults::{Fault, OTHER_HOST, SAME_HOST};
use openrosa_xml::manifest::MediaFile;
use openrosa_xml::{FileHash, FormList};

use super::{Dice, site::Site};

/// How many schedules are tried.
const SCHEDULES: u64 = 500;

/// A form and its files, as a server has them.
#[derive(Default)]
struct Offer {
    list: String,
    form: String,
    manifest: String,
    picture: Bytes,
    people: Bytes,
    /// Whether it sends the rest of a file to who asks for it, or always all of it.
    knows_ranges: bool,
    /// How often it has sent the rest of one.
    resumed: AtomicU64,
}

impl Offer {
    fn new(site: &Site, number: u64, dice: &mut Dice) -> Self {
        let form = form(number, dice.size(60));
        let picture: Bytes = (0..dice.size(9_000)).map(|_| dice.below(256).to_le_bytes()[0]).collect();
        let people: Bytes = format!("name,label\n{}", "amina,Amina\n".repeat(dice.size(300))).into();
        let (hash, at) = (md5(form.as_bytes()), |path| site.url(path));
        let list = format!(
            "<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>visit</formID><name>Visit</name>\
             <version>{number}</version><hash>{hash}</hash><downloadUrl>{}</downloadUrl>\
             <manifestUrl>{}</manifestUrl></xform></xforms>",
            at("/form"),
            at("/manifest")
        );
        let manifest = format!(
            "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'><mediaFile><filename>icons/p.png</filename>\
             <hash>{}</hash><downloadUrl>{}</downloadUrl></mediaFile><mediaFile type='entityList'>\
             <filename>people.csv</filename><hash>{hash}</hash><downloadUrl>{}</downloadUrl></mediaFile></manifest>",
            md5(&picture),
            at("/picture"),
            at("/people")
        );
        let knows_ranges = dice.below(4) > 0;
        Self { list, form, manifest, picture, people, knows_ranges, resumed: AtomicU64::new(0) }
    }

    fn answer(&self, asked: &Parts) -> Response<Bytes> {
        let document = |text: &String| answer(200, CONTENT_TYPE, "text/xml", Bytes::from(text.clone()));
        match asked.uri.path() {
            "/formList" => document(&self.list),
            "/form" => document(&self.form),
            "/manifest" => document(&self.manifest),
            "/picture" => self.file(&self.picture, asked),
            "/people" => self.file(&self.people, asked),
            path => panic!("who asked for {path}?"),
        }
    }

    fn file(&self, file: &Bytes, asked: &Parts) -> Response<Bytes> {
        let range = asked.headers.get(RANGE).map(|range| range.to_str().expect("text"));
        let from =
            range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        match from.filter(|_| self.knows_ranges) {
            None => answer(200, CONTENT_TYPE, "application/octet-stream", file.clone()),
            Some(from) if from < file.len() => {
                self.resumed.fetch_add(1, Ordering::Relaxed);
                let range = format!("bytes {from}-{}/{}", file.len() - 1, file.len());
                answer(206, CONTENT_RANGE, &range, file.slice(from..))
            }
            Some(_) => answer(416, CONTENT_RANGE, &format!("bytes */{}", file.len()), Bytes::new()),
        }
    }
}

fn answer(status: u16, header: http::HeaderName, value: &str, body: Bytes) -> Response<Bytes> {
    Response::builder().status(status).header(header, value).body(body).expect("an answer")
}

fn form(number: u64, questions: usize) -> String {
    let mut binds = String::new();
    for question in 0..questions {
        write!(binds, "<bind nodeset='/data/q{question}' type='string'/>").expect("memory takes all");
    }
    format!(
        "<h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns='http://www.w3.org/2002/xforms'><h:head><model><instance>\
         <data id='visit' version='{number}'/></instance>{binds}</model></h:head><h:body/></h:html>"
    )
}

fn md5(content: &[u8]) -> FileHash {
    FileHash::from_md5(Md5::digest(content).into())
}

/// A device that fetches into a folder.
struct Device<'d> {
    site: &'d Site,
    client: Client<Hyper>,
    folder: &'d Path,
}

impl Device<'_> {
    async fn list(&self, faults: &[Fault]) -> FormList<'static> {
        let (url, asked) = (self.site.url("/formList"), form_list::Request::default());
        self.site.insist(faults, async || self.client.form_list(&url, &asked).await).await
    }

    /// A file until it is in its place; until then what lay there lies there.
    async fn file(&self, file: &MediaFile<'_>, expected: &Bytes, faults: &[Fault]) {
        let place = file.path.parts().fold(self.folder.to_owned(), |path, part| path.join(part));
        let before = fs::read(&place).ok();
        let attempt = async || -> Result<(), Error> {
            let outcome = self.client.media(file, self.folder).await;
            let now = fs::read(&place).ok();
            match &outcome {
                Ok(path) => assert!(path == &place && now.is_some_and(|now| now == *expected), "{faults:?}"),
                Err(error) => assert!(now == before, "{faults:?}: what was there stays: {error}"),
            }
            outcome.map(drop)
        };
        self.site.insist(faults, attempt).await;
        let left = fs::read_dir(place.parent().expect("a folder")).expect("a folder");
        let parts = left.flatten().filter(|left| left.path().extension().is_some_and(|end| end == "part"));
        assert_eq!(parts.count(), 0, "nothing is left of the attempts");
    }
}

/// What happens on the way to what has a hash, or ends where it says; and what happens to bytes where a hash shows it.
fn faults(dice: &mut Dice, length: usize, has_hash: bool) -> Vec<Fault> {
    let mut faults = dice.faults(3, length + 300);
    for fault in &mut faults {
        match dice.below(10) {
            0 | 1 if has_hash => *fault = Fault::Damaged(dice.size(length + 1)),
            2 => *fault = Fault::Elsewhere(302, dice.one_of(&[OTHER_HOST, SAME_HOST])),
            3 | 4 => *fault = Fault::AnswerCut(300 + dice.size(length + 1)),
            _ => {}
        }
    }
    faults
}

/// whatever a network does, a list, a form or a file is whole and has its hash, or is an error; nothing of
/// a portal's page is in a file.
#[test]
fn no_network_puts_into_place_what_is_not_whole() {
    let offer = Arc::<Mutex<Arc<Offer>>>::default();
    let offered = Arc::clone(&offer);
    let site = Site::new(move |asked| offered.lock().expect("no panic").answer(asked));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut resumed = 0;
    for number in 0..SCHEDULES {
        let mut dice = Dice(number);
        let now = Arc::new(Offer::new(&site, number, &mut dice));
        *offer.lock().expect("no panic") = Arc::clone(&now);
        let folder = tempfile::tempdir().expect("a folder");
        if dice.flip() {
            fs::write(folder.path().join("people.csv"), "those of before").expect("a file");
        }
        let device = Device { client: site.client(&mut dice), site: &site, folder: folder.path() };
        runtime.block_on(everything(&device, &now, &mut dice));
        resumed += now.resumed.load(Ordering::Relaxed);
    }
    assert!(resumed > 100, "downloads go on where they ended, {resumed} times");
    assert!(site.strayed() > 50, "files may lie at another host");
}

/// A list, a form of it, the form's manifest, its files.
async fn everything(device: &Device<'_>, offer: &Offer, dice: &mut Dice) {
    let (site, client) = (device.site, &device.client);
    let list = device.list(&faults(dice, offer.list.len(), false)).await;
    let listed = list.strict().expect("entries of use");
    let [listed] = &listed[..] else { panic!("{listed:?}") };
    let url = listed.download_url.parse().expect("an address");
    // Without a hash a form is as whole as its answer.
    let hash = listed.hash.filter(|_| dice.below(4) > 0);
    let met = faults(dice, offer.form.len(), hash.is_some());
    let form = site.insist(&met, async || whole(client.form(&url, hash).await)).await;
    assert!(form == offer.form, "{met:?}: another form");

    let url = listed.manifest_url.as_deref().expect("it is named").parse().expect("an address");
    let met = faults(dice, offer.manifest.len(), false);
    let manifest = site.insist(&met, async || client.manifest(&url).await).await;
    let files = manifest.strict().expect("entries of use");
    let [picture, people] = &files[..] else { panic!("{files:?}") };
    device.file(picture, &offer.picture, &faults(dice, offer.picture.len(), true)).await;
    // Of an answer that only its connection ends, nobody could tell that it is not whole.
    site.proxy.speak_1_0(false);
    device.file(people, &offer.people, &faults(dice, offer.people.len(), false)).await;
}

/// No page is a form.
fn whole(form: Result<Bytes, Error>) -> Result<Bytes, Error> {
    form.inspect(|form| assert!(form.starts_with(b"<h:html") && form.ends_with(b"</h:html>"), "{form:?}"))
}
