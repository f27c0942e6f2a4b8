//! A seeded generator whose numbers are the same on every platform and for good.
//!
//! The bits come from xoshiro256++ (Blackman and Vigna 2021, ACM Transactions on Mathematical Software 47), as the
//! `rand_xoshiro` crate gives them. What is made of the bits is spelled out here, because the distributions of the `rand`
//! crates may change between their versions.

use rand_core::{Rng as _, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Passes over 2¹²⁸ numbers: on to another stream of the same seed, far enough away never to meet this one.
    pub fn jump(&mut self) {
        self.0.jump();
    }

    /// Uniform on all 2⁶⁴ values.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on the 2⁵³ multiples of 2⁻⁵³ in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform on `0..bound`, without bias (Lemire 2019, ACM Transactions on Modeling and Computer Simulation 29);
    /// 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let mut product = u128::from(self.bits()) * u128::from(bound);
        if (product as u64) < bound {
            let unfair = bound.wrapping_neg() % bound;
            while (product as u64) < unfair {
                product = u128::from(self.bits()) * u128::from(bound);
            }
        }
        (product >> 64) as usize
    }

    /// Puts `items` into random order, each order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// `size` distinct values of `0..n` in ascending order, each set equally likely; all of them if `size ≥ n`.
    pub(crate) fn sample(&mut self, n: usize, size: usize) -> Vec<usize> {
        // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
        let mut chosen = Vec::with_capacity(size.min(n));
        for i in 0..n {
            let wanted = size.min(n) - chosen.len();
            if self.below(n - i) < wanted {
                chosen.push(i);
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_published_generator() {
        // xoshiro256++ from the state 1, 2, 3, 4: first outputs of the authors' C code, as in rand_xoshiro's own test.
        let mut seed = [0_u8; 32];
        for word in 0..4 {
            seed[8 * word] = word as u8 + 1;
        }
        let mut rng = Rng(Xoshiro256PlusPlus::from_seed(seed));
        assert_eq!(
            [rng.bits(), rng.bits(), rng.bits(), rng.bits()],
            [41943041, 58720359, 3588806011781223, 3591011842654386]
        );
    }

    #[test]
    fn draws_stay_in_range_and_spread_evenly() {
        let mut rng = Rng::new(7);
        let mut counts = [0_u32; 5];
        for _ in 0..50_000 {
            counts[rng.below(5)] += 1;
            assert!((0.0..1.0).contains(&rng.uniform()));
        }
        // Five standard deviations of a binomial(50,000, 1/5).
        assert!(counts.iter().all(|&c| c.abs_diff(10_000) < 450), "{counts:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn shuffles_and_samples_hold_what_they_promise() {
        let mut rng = Rng::new(1);
        let mut items: Vec<usize> = (0..100).collect();
        rng.shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());

        for (n, size) in [(0, 3), (10, 0), (10, 4), (10, 10), (3, 9)] {
            let sample = rng.sample(n, size);
            assert_eq!(sample.len(), size.min(n));
            assert!(sample.windows(2).all(|w| w[0] < w[1]) && sample.iter().all(|&i| i < n));
        }
    }

    #[test]
    fn streams_differ_and_repeat() {
        let bits = |jumps: usize| {
            let mut rng = Rng::new(3);
            (0..jumps).for_each(|_| rng.jump());
            rng.bits()
        };
        assert_eq!(bits(2), bits(2));
        assert!(bits(0) != bits(1) && bits(1) != bits(2));
    }
}
