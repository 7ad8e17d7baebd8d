//! A list that is longer than a page.

/// What a page shows of a list, and whether there is more behind it.
pub(super) struct Portion<T> {
    pub(super) rows: Vec<T>,
    goes_on: bool,
}

impl<T> Portion<T> {
    /// Asks for one more than is shown: that one says that the list goes on, and is the first of the next portion.
    pub(super) async fn ask<E>(
        at_most: u32,
        ask: impl AsyncFnOnce(u32) -> Result<Vec<T>, E>,
    ) -> Result<Self, E> {
        let mut rows = ask(at_most.saturating_add(1)).await?;
        let goes_on = rows.len() > at_most as usize;
        rows.truncate(at_most as usize);
        Ok(Self { rows, goes_on })
    }

    /// The row behind which the next portion begins, if there is one.
    pub(super) fn last_before_more(&self) -> Option<&T> {
        self.rows.last().filter(|_| self.goes_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(all: u32) -> (Vec<u32>, Option<u32>) {
        let ask = async |at_most: u32| Ok::<_, ()>((1..=all.min(at_most)).collect());
        let portion = Portion::ask(3, ask).await.unwrap();
        let last = portion.last_before_more().copied();
        (portion.rows, last)
    }

    #[tokio::test]
    async fn a_list_goes_on_behind_the_last_row_that_is_shown() {
        assert_eq!(of(0).await, (vec![], None));
        assert_eq!(of(3).await, (vec![1, 2, 3], None), "that is all");
        assert_eq!(of(4).await, (vec![1, 2, 3], Some(3)));
    }
}
