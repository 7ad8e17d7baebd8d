//! What the device refuses in a ledger block (case-xml.md 3.2).

use super::{Refusal, RefusalKind};
use crate::{
    ledger::{Balance, Instruction, Ledger, Sheet, Transfer},
    position::Mark,
    profile::Profile,
};

pub(super) fn check(ledger: &Ledger<'_>) -> Result<(), Refusal> {
    match ledger {
        Ledger::Balance(balance) => check_balance(balance),
        Ledger::Transfer(transfer) => check_transfer(transfer),
        Ledger::Other(element) => {
            let name = element.name.local_name().to_owned();
            Err(RefusalKind::LedgerKind { name }.at(element.mark))
        }
    }
}

fn check_balance(balance: &Balance<'_>) -> Result<(), Refusal> {
    needs("balance", "entity-id", balance.entity_id.as_deref(), balance.tag.mark)?;
    check_sheet("balance", &balance.sheet, balance.tag.mark)
}

fn check_transfer(transfer: &Transfer<'_>) -> Result<(), Refusal> {
    if transfer.src.is_none() && transfer.dest.is_none() {
        return Err(RefusalKind::TransferEnds.at(transfer.tag.mark));
    }
    check_sheet("transfer", &transfer.sheet, transfer.tag.mark)
}

fn check_sheet(block: &'static str, sheet: &Sheet<'_>, mark: Mark) -> Result<(), Refusal> {
    needs(block, "date", sheet.date.as_ref().map(|date| date.as_str()), mark)?;
    let is_one_section = sheet.is_one_section(Profile::Device);
    let said = sheet.instructions(Profile::Device);
    said.iter().try_for_each(|instruction| check_instruction(instruction, is_one_section))
}

/// In either layout one of the two names is looked at: the one that stands beside the quantity.
fn check_instruction(said: &Instruction<'_>, is_one_section: bool) -> Result<(), Refusal> {
    let (element, attribute, id) = match is_one_section {
        true => ("entry", "id", said.entry_id),
        false => ("value", "section-id", said.section_id),
    };
    needs(element, attribute, id.filter(|id| !id.is_empty()), said.mark)?;
    needs(element, "quantity", said.quantity, said.mark)?;
    match said.units() {
        Some(_) => Ok(()),
        None => {
            let quantity = said.quantity.unwrap_or_default().to_owned();
            Err(RefusalKind::Quantity { quantity }.at(said.mark))
        }
    }
}

fn needs(
    element: &'static str,
    attribute: &'static str,
    value: Option<&str>,
    mark: Mark,
) -> Result<(), Refusal> {
    match value {
        Some(_) => Ok(()),
        None => Err(RefusalKind::LedgerAttribute { element, attribute }.at(mark)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::verdict;

    fn ledger(local: &str, attributes: &str, inside: &str) -> String {
        verdict(&format!("<{local} xmlns='http://commcarehq.org/ledger/v1' {attributes}>{inside}</{local}>"))
    }

    #[test]
    fn both_layouts_need_whole_numbers() {
        for (quantity, refusal) in [
            ("9", ""),
            ("-1", ""),
            ("9.0", "`9.0` is no whole number, which a quantity is to the device"),
            ("", "`` is no whole number, which a quantity is to the device"),
        ] {
            let entry = format!("<entry id='a' quantity='{quantity}'/>");
            assert_eq!(ledger("balance", "entity-id='' date='' section-id='s'", &entry), refusal);
            let value = format!("<entry><value section-id='s' quantity='{quantity}'/></entry>");
            assert_eq!(ledger("transfer", "dest='C' date=''", &value), refusal);
        }
        let without = "<entry id='a'/>";
        assert_eq!(
            ledger("balance", "entity-id='C' date='' section-id='s'", without),
            "`entry` has no `quantity`"
        );
    }

    #[test]
    fn a_block_says_when_and_where() {
        assert_eq!(ledger("balance", "date=''", ""), "`balance` has no `entity-id`");
        assert_eq!(ledger("balance", "entity-id='C'", ""), "`balance` has no `date`");
        assert_eq!(ledger("transfer", "date=''", ""), "`transfer` has neither `src` nor `dest`");
        assert_eq!(ledger("transfer", "date='' src=''", ""), "");
        assert_eq!(ledger("count", "", ""), "`count` is neither `balance` nor `transfer`");
    }

    #[test]
    fn the_name_beside_the_quantity_is_looked_at() {
        let one = "entity-id='C' date='' section-id=''";
        assert_eq!(ledger("balance", one, "<entry id='' quantity='1'/>"), "`entry` has no `id`");
        let each = "entity-id='C' date=''";
        assert_eq!(
            ledger("balance", each, "<entry><value quantity='1'/></entry>"),
            "`value` has no `section-id`"
        );
    }
}
