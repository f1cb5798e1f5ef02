//! From the publisher's numbers to the subscriber's: in order, without gaps for what we drop, with gaps for what is lost
//! on its way to us, so that a repair still finds its place.

use std::{collections::VecDeque, ops::Range};

/// The most runs of skipped numbers that wait for the next departure; more are merged, with the gaps between them.
const SKIPS_MAX: usize = 64;
/// The most ranges that late numbers are placed by: more than a second of a stream that cuts every other picture.
const RANGES_MAX: usize = 128;

/// Inputs that leave under the same shift.
#[derive(Debug, Clone, Copy)]
struct Shifted {
    from: u64,
    to: u64,
    /// How many inputs before it were skipped.
    skipped: u64,
}

/// The mapping of one slot. Inputs are numbers that go on across everything the slot shows.
#[derive(Debug)]
pub(super) struct Sequence {
    /// One past the newest input that departed.
    next: u64,
    /// Runs of inputs from `next` on that never leave, in order.
    skips: VecDeque<Range<u64>>,
    /// In order; the last one is open.
    ranges: VecDeque<Shifted>,
}

impl Sequence {
    /// Input `first` leaves as `first`.
    pub(super) fn new(first: u64) -> Self {
        let open = Shifted {
            from: first,
            to: u64::MAX,
            skipped: 0,
        };
        Self {
            next: first,
            skips: VecDeque::new(),
            ranges: VecDeque::from([open]),
        }
    }

    /// One past the newest input that departed.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// An input of at least [`Self::next`] departs. `None` if it was skipped, or others after it departed.
    pub(super) fn depart(&mut self, input: u64) -> Option<u64> {
        if input < self.next {
            return None;
        }
        while let Some(run) = self.skips.front().filter(|run| run.start <= input) {
            if run.contains(&input) {
                return None;
            }
            let run = run.clone();
            self.skips.pop_front();
            self.shift(&run);
        }
        self.next = input + 1;
        self.lookup(input)
    }

    fn shift(&mut self, run: &Range<u64>) {
        let last = self.ranges.back_mut().expect("the open range stays");
        last.to = run.start;
        let skipped = last.skipped + (run.end - run.start);
        self.ranges.push_back(Shifted {
            from: run.end,
            to: u64::MAX,
            skipped,
        });
        if self.ranges.len() > RANGES_MAX {
            self.ranges.pop_front();
        }
    }

    /// Where an input before [`Self::next`] belongs. `None` if it was skipped or is too old.
    pub(super) fn lookup(&self, input: u64) -> Option<u64> {
        if input >= self.next {
            return None;
        }
        let after = self.ranges.partition_point(|range| range.from <= input);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (input < range.to).then(|| input - range.skipped)
    }

    /// Whether an input waits to be skipped.
    pub(super) fn is_skipped(&self, input: u64) -> bool {
        let after = self.skips.partition_point(|run| run.start <= input);
        let run = after.checked_sub(1).and_then(|at| self.skips.get(at));
        run.is_some_and(|run| run.contains(&input))
    }

    /// Inputs of at least [`Self::next`] that never leave; what is before has departed and is left alone.
    pub(super) fn skip(&mut self, inputs: Range<u64>) {
        let run = inputs.start.max(self.next)..inputs.end;
        if run.is_empty() {
            return;
        }
        match self.skips.back_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            Some(last) if last.end > run.start => self.skip_between(run),
            _ => self.skips.push_back(run),
        }
        if self.skips.len() > SKIPS_MAX {
            let first = self.skips.pop_front().expect("there are many");
            let second = self.skips.front_mut().expect("there are many");
            second.start = first.start;
        }
    }

    fn skip_between(&mut self, mut run: Range<u64>) {
        let first = self.skips.partition_point(|known| known.end < run.start);
        while let Some(known) = self
            .skips
            .get(first)
            .filter(|known| known.start <= run.end)
            .cloned()
        {
            run = run.start.min(known.start)..run.end.max(known.end);
            self.skips.remove(first);
        }
        self.skips.insert(first, run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn skipped_inputs_leave_no_gap_and_lost_ones_do() {
        let mut sequence = Sequence::new(100);
        assert_eq!(sequence.depart(100), Some(100));
        sequence.skip(102..104);
        assert_eq!(sequence.depart(105), Some(103), "101 and 104 were lost");
        assert_eq!(sequence.lookup(101), Some(101));
        assert_eq!(sequence.lookup(102), None);
        assert_eq!(sequence.lookup(104), Some(102));
    }

    #[derive(Debug, Clone, Copy)]
    enum Fate {
        Departs,
        Skipped,
        Lost,
        Repaired,
    }

    proptest! {
        #[test]
        fn outputs_are_in_order_and_dense(fates in prop::collection::vec(
            prop_oneof![
                6 => Just(Fate::Departs), 3 => Just(Fate::Skipped), 1 => Just(Fate::Lost), 1 => Just(Fate::Repaired)
            ], 1..300)) {
            let mut sequence = Sequence::new(7);
            let mut expected = 7;
            let mut late = Vec::new();
            for (input, fate) in (7..).zip(&fates) {
                match fate {
                    Fate::Departs => {
                        prop_assert_eq!(sequence.depart(input), Some(expected));
                        expected += 1;
                    }
                    Fate::Skipped => sequence.skip(input..input + 1),
                    Fate::Lost => expected += 1,
                    Fate::Repaired => {
                        late.push((input, expected));
                        expected += 1;
                    }
                }
            }
            for (input, output) in late.into_iter().filter(|(input, _)| *input < sequence.next()) {
                let found = sequence.lookup(input);
                prop_assert!(found == Some(output) || found.is_none() && sequence.ranges.len() == RANGES_MAX);
            }
        }

        #[test]
        fn the_order_of_skips_does_not_matter(
            runs in prop::collection::vec((0_u64..60, 1_u64..6), 1..20),
        ) {
            let mut sequence = Sequence::new(0);
            for (start, length) in &runs {
                sequence.skip(*start..start + length);
            }
            let gone = (0..100).filter(|at| runs.iter().any(|(start, length)| (*start..start + length).contains(at)));
            prop_assert_eq!(sequence.depart(100), Some(100 - gone.count() as u64));
        }
    }
}
