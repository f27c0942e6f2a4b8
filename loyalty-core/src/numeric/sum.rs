//! Exact sums: the same bits in whatever order the terms come.

use super::error_free;

/// A running sum held as two floats, which knows whether it is still exact.
///
/// Each addition is split without error into a rounded sum and what rounding cut off (Knuth, The Art of Computer
/// Programming 2, 4.2.2, theorem B). Both parts together have some 106 bits, enough for the money of nearly every
/// customer; where a bit is lost all the same, [`exact`](RunningSum::exact) says so and [`ExactSum`] is to be used.
///
/// ```
/// use loyalty_core::numeric::sum::RunningSum;
///
/// let mut sum = RunningSum::default();
/// [0.1; 10].into_iter().for_each(|x| sum.add(x));
/// assert_eq!(sum.exact(), Some(1.0)); // 0.1 + 0.1 + … in plain floats: 0.9999999999999999
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunningSum {
    high: f64,
    /// NaN once a bit was lost.
    low: f64,
}

impl RunningSum {
    /// Adds one term; one that is not finite counts as a lost bit.
    #[inline]
    pub fn add(&mut self, x: f64) {
        let (high, cut) = error_free::sum(self.high, x);
        let (low, lost) = error_free::sum(self.low, cut);
        self.high = high;
        self.low = if lost == 0.0 { low } else { f64::NAN };
    }

    /// Reads it, to have it fetched.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        self.low.to_bits()
    }

    /// Adds another sum.
    #[inline]
    pub fn merge(&mut self, other: Self) {
        self.add(other.high);
        self.add(other.low);
    }

    /// The exact sum, correctly rounded; `None` if a bit was lost or the sum came near to overflow.
    #[inline]
    pub fn exact(&self) -> Option<f64> {
        let sum = self.high + self.low;
        // Adding 0 turns −0 into 0.
        sum.is_finite().then_some(sum + 0.0)
    }
}

/// Bits of a limb.
const LIMB: u32 = 32;
/// Limbs for the bits 2⁻¹⁰⁷⁴ to 2¹⁰²³ of all floats and for the carries of 2⁶⁴ terms.
const LIMBS: usize = 68;
/// Terms that a limb takes before its carry must move on: each adds less than 2³² to an `i64`.
const TERMS: u32 = 1 << 30;

/// A sum of floats without any rounding until it is read: a fixed-point number as wide as the range of `f64`.
///
/// The order of the terms cannot matter, for nothing is ever cut off; a partial sum may pass the largest float and come
/// back (Kulisch 2002, Advanced Arithmetic for the Digital Computer, chapter 1; carries are kept for later as by
/// Neal 2015, arXiv:1505.05571).
///
/// ```
/// use loyalty_core::numeric::sum::ExactSum;
///
/// let mut sum = ExactSum::default();
/// [1e300, 1.0, f64::MAX, f64::MAX, -1e300, 1e-300, -f64::MAX, -f64::MAX].into_iter().for_each(|x| sum.add(x));
/// assert_eq!(sum.value(), 1.0);
/// ```
#[derive(Debug, Clone)]
pub struct ExactSum {
    /// Digits to the base 2³², lowest first, of the sum in units of 2⁻¹⁰⁷⁴; each with its carry, and signed.
    limbs: [i64; LIMBS],
    /// Terms since the carries were last moved on.
    terms: u32,
    /// The sum of the terms that are not finite; 0 if there are none.
    beyond: f64,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { limbs: [0; LIMBS], terms: 0, beyond: 0.0 }
    }
}

impl ExactSum {
    /// Adds one term.
    pub fn add(&mut self, x: f64) {
        const FRACTION: u64 = (1 << 52) - 1;
        if !x.is_finite() {
            self.beyond += x;
            return;
        }
        let exponent = (x.to_bits() >> 52) & 0x7ff;
        let fraction = x.to_bits() & FRACTION;
        // A subnormal has the exponent of the smallest normal number and no hidden bit.
        let (mantissa, shift) =
            if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent as u32 - 1) };

        let mut digits = u128::from(mantissa) << (shift % LIMB);
        for limb in self.limbs.iter_mut().skip((shift / LIMB) as usize).take(3) {
            let digit = i64::from(digits as u32);
            *limb += if x < 0.0 { -digit } else { digit };
            digits >>= LIMB;
        }
        self.terms += 1;
        if self.terms == TERMS {
            carry(&mut self.limbs);
            self.terms = 0;
        }
    }

    /// The sum, rounded once, to the nearest float and half-way to the even one; ±∞ beyond the largest. With terms that are not
    /// finite, the sum of those alone.
    pub fn value(&self) -> f64 {
        if self.beyond != 0.0 {
            return self.beyond;
        }
        let mut limbs = self.limbs;
        carry(&mut limbs);
        let negative = limbs[LIMBS - 1] < 0;
        if negative {
            limbs.iter_mut().for_each(|limb| *limb = -*limb);
            carry(&mut limbs);
        }
        let magnitude = rounded(&limbs);
        if negative { -magnitude } else { magnitude }
    }
}

/// Brings every limb but the last into 0..2³²; the last then has the sign of the whole.
fn carry(limbs: &mut [i64; LIMBS]) {
    let mut carried = 0;
    for limb in &mut limbs[..LIMBS - 1] {
        let sum = *limb + carried;
        carried = sum >> LIMB;
        *limb = sum & ((1 << LIMB) - 1);
    }
    limbs[LIMBS - 1] += carried;
}

/// The float nearest to a number without sign whose carries have moved on.
fn rounded(limbs: &[i64; LIMBS]) -> f64 {
    let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else { return 0.0 };
    let bits = top as u32 * LIMB + (64 - limbs[top].leading_zeros());
    // The 53 leading bits; what lies `cut` bits and more below them falls away.
    let cut = bits.saturating_sub(53);
    let (start, shift) = ((cut / LIMB) as usize, cut % LIMB);
    let window = (start..(start + 3).min(LIMBS)).rev().fold(0_u128, |w, i| w << LIMB | limbs[i] as u128);
    let mantissa = (window >> shift) as u64;

    let half = cut > 0 && bit(limbs, cut - 1);
    let more = (0..cut.saturating_sub(1)).any(|i| bit(limbs, i));
    let up = half && (more || mantissa & 1 == 1);
    // The mantissa's highest bit, and a carry out of it, add themselves to the exponent.
    let float = (u64::from(cut) << 52) + mantissa + u64::from(up);
    if float < f64::INFINITY.to_bits() { f64::from_bits(float) } else { f64::INFINITY }
}

fn bit(limbs: &[i64; LIMBS], index: u32) -> bool {
    limbs[(index / LIMB) as usize] >> (index % LIMB) & 1 == 1
}

/// The exact sum, correctly rounded; ±∞ beyond the largest float. With values that are not finite, the sum of those alone: ±∞,
/// or NaN.
pub fn exact_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let mut sum = RunningSum::default();
    values.clone().for_each(|x| sum.add(x));
    sum.exact().unwrap_or_else(|| {
        let mut sum = ExactSum::default();
        values.for_each(|x| sum.add(x));
        sum.value()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Rng;

    fn superaccumulated(values: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        values.iter().for_each(|&x| sum.add(x));
        sum.value()
    }

    #[test]
    fn one_term_is_itself() {
        let tiny = f64::from_bits(1);
        for x in
            [0.0, 1.0, -2.5, 0.1, f64::MAX, -f64::MAX, f64::MIN_POSITIVE, tiny, -tiny, 3.0 * tiny, 1e-310]
        {
            assert_eq!(superaccumulated(&[x]), x);
        }
        assert!(
            superaccumulated(&[-0.0]).is_sign_positive() && exact_sum([-0.0].into_iter()).is_sign_positive()
        );
        assert_eq!(superaccumulated(&[]), 0.0);
    }

    #[test]
    fn figures_of_fsum() {
        // Python 3.11: math.fsum of the same terms.
        let cases: &[(&[f64], f64)] = &[
            (&[0.1; 10], 1.0),
            (&[1e16, 1.0, 1e-16], 10000000000000002.0),
            (&[1e100, 1.0, -1e100, 1e-100], 1.0),
            (&[9007199254740992.0, 1.0], 9007199254740992.0),
            (&[9007199254740992.0, 1.0, 5e-324], 9007199254740994.0),
            (&[9007199254740994.0, 1.0], 9007199254740996.0),
            (&[-9007199254740994.0, -1.0, 5e-324], -9007199254740994.0),
            (&[2.2250738585072014e-308, -5e-324], 2.225073858507201e-308),
        ];
        for &(terms, expected) in cases {
            assert_eq!(superaccumulated(terms), expected, "{terms:?}");
            assert_eq!(exact_sum(terms.iter().copied()), expected, "{terms:?}");
        }
    }

    #[test]
    fn beyond_the_largest_float() {
        assert_eq!(superaccumulated(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(superaccumulated(&[-f64::MAX; 3]), f64::NEG_INFINITY);
        assert_eq!(exact_sum([f64::MAX, f64::MAX, -f64::MAX].into_iter()), f64::MAX);
        // Half a unit in the last place rounds up to 2¹⁰²⁴, a little less does not.
        let half = f64::from_bits((1023 + 970) << 52);
        assert_eq!(exact_sum([f64::MAX, half].into_iter()), f64::INFINITY);
        assert_eq!(exact_sum([f64::MAX, half, -5e-324].into_iter()), f64::MAX);
    }

    #[test]
    fn carries_move_on_in_time() {
        let mut sum = ExactSum { terms: TERMS - 3, ..ExactSum::default() };
        for _ in 0..5 {
            sum.add(-1.5);
        }
        sum.add(1.0);
        assert_eq!((sum.value(), sum.terms), (-6.5, 3));
    }

    #[test]
    fn a_lost_bit_is_noticed() {
        let mut sum = RunningSum::default();
        [1e60, 1.0, 1e-60].into_iter().for_each(|x| sum.add(x));
        assert_eq!(sum.exact(), None);
        let mut other = RunningSum::default();
        other.add(2.0);
        other.merge(sum);
        assert_eq!(other.exact(), None);
    }

    #[test]
    fn both_ways_agree_wherever_the_first_is_exact() {
        let mut rng = Rng::new(11);
        for case in 0..2000 {
            let width = case % 120;
            let values: Vec<f64> = (0..rng.below(40))
                .map(|_| {
                    let scale = f64::from_bits((1023 + rng.below(width + 1) as u64) << 52);
                    ((rng.uniform() - 0.3) * 1e4).round() / 100.0 * scale
                })
                .collect();
            let mut sum = RunningSum::default();
            values.iter().for_each(|&x| sum.add(x));
            if let Some(exact) = sum.exact() {
                assert_eq!(exact, superaccumulated(&values), "{values:?}");
            }
        }
    }
}
