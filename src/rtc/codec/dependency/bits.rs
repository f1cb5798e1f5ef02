//! Reading bits, the highest first (AV1 RTP payload format, A.8.1).

/// Bytes read bit by bit. Reading beyond the end gives nothing.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// f(n): at most 32 bits.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    pub(super) fn small(&mut self, count: u32) -> Option<u8> {
        self.bits(count)
            .map(|value| u8::try_from(value).expect("8 bits at most are asked for"))
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.bits(1).map(|bit| bit == 1)
    }

    /// ns(n): a number below `n`, which is at least 1.
    pub(super) fn below(&mut self, n: u32) -> Option<u32> {
        let width = n.ilog2() + 1;
        let short = (1 << width) - n;
        let value = self.bits(width - 1)?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + self.bits(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_the_highest_first() {
        let mut bits = Bits::new(&[0b1010_0000, 0xff]);
        assert_eq!(bits.flag(), Some(true));
        assert_eq!(bits.bits(7), Some(0b010_0000));
        assert_eq!(bits.small(8), Some(0xff));
        assert_eq!(bits.flag(), None);
    }

    #[test]
    fn non_symmetric_numbers_are_read() {
        // Below 5: 0, 1 and 2 have two bits; 3 and 4 three (AV1 specification, 4.10.7).
        for (byte, value) in [
            (0b0000_0000, 0),
            (0b0100_0000, 1),
            (0b1000_0000, 2),
            (0b1100_0000, 3),
            (0b1110_0000, 4),
        ] {
            assert_eq!(Bits::new(&[byte]).below(5), Some(value));
        }
        assert_eq!(Bits::new(&[]).below(1), Some(0));
    }
}
