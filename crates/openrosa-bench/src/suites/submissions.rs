//! Filled-in forms: what a server must know of each, and every case block in it.

use openrosa_xml::{Instance, Limits, xml::Scratch};

use super::{Contender, Done, Suite, bare_loop, visit::visit_block};

/// The forms.
pub type Input = Vec<String>;

/// All of them.
pub const SUITE: Suite<Input> = &[
    Contender { name: "quick-xml-forms", run: bare },
    Contender { name: "submissions", run: instances },
    Contender { name: "submissions-fresh-reader", run: instances_anew },
    Contender { name: "roxmltree-forms", run: trees },
];

fn bare(forms: &Input) -> Done {
    forms.iter().map(|form| bare_loop(form)).sum::<u64>().into()
}

fn instances(forms: &Input) -> Done {
    let mut scratch = Scratch::default();
    let limits = Limits::default();
    let read = |form: &String| visit(&Instance::read_with(form, &limits, &mut scratch).expect("well-formed"));
    forms.iter().map(read).sum::<u64>().into()
}

fn instances_anew(forms: &Input) -> Done {
    forms.iter().map(|form| visit(&Instance::read(form).expect("well-formed"))).sum::<u64>().into()
}

fn visit(instance: &Instance<'_>) -> u64 {
    let id = instance.instance_id().map_or(0, |id| id.trimmed().len() as u64);
    let fields = instance.meta().map_or(0, |meta| meta.fields.len() as u64);
    let key = instance.form_key().id.map_or(0, |id| id.len() as u64);
    instance.cases().iter().fold(id + fields + key, |seen, found| seen + visit_block(&found.block))
}

fn trees(forms: &Input) -> Done {
    let tree = |form: &String| {
        let document = roxmltree::Document::parse(form).expect("well-formed");
        document.descendants().map(|node| node.text().map_or(0, |text| text.len() as u64)).sum::<u64>()
    };
    forms.iter().map(tree).sum::<u64>().into()
}
