//! Is there one vector that separates the images patch by patch? Exactly, with what shows it either way.
//!
//! For a slope s in (0, 1] (leaky-relu; 1 is the identity) a vector w separates an image with label y and counts N if
//! `sum_p N_p min(y <w, p>, s y <w, p>) >= 1`. The left side is the least `<w, k>` over the vectors
//! `k = y sum_p N_p theta_p p` with all `theta_p` in [s, 1], which are a convex set; let K be the convex hull of these sets
//! for all images. So w separates all images if and only if `<w, k> >= 1` on K, and then 0 is not in K. And with z
//! the point of K nearest to 0, `<z, k> >= |z|^2` on K: if z is not 0, `w* = z / |z|^2` separates all images; and it
//! is the shortest vector that does, since any other w has `1 <= <w, z> <= |w| |z|`.
//!
//! So there is a separator or 0 is in K: there are weights `lambda_i >= 0` of images, of sum 1, and `theta_ip` in [s, 1] with
//! `sum_i lambda_i y_i sum_p N_ip theta_ip p = 0`, the theta of an image being the mean of those of its vectors.
//! That is the alternative by Farkas' lemma.
//!
//! The lowest vector of K in a direction is found among the extreme images: for given theta the product is linear in
//! the counts, and the best theta_p depends on p and the label alone. No table of atoms is enumerated.

use super::{Activation, Dictionary, Distribution, Label, Pooling, Problem, SparseImage};
use crate::number::{
    InnerProduct, Matrix, Q, TooMuchWork, common_denominator, integer, nearest_point,
    numerator_over,
};
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;

/// Products of machine words that the search takes at most.
const MAX_WORK: u64 = 1_000_000_000;

/// Bits of a coordinate from which a shorter separator is looked for.
const LONG: u64 = 96;

/// A vector w* in the span of the dictionary that separates all images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separator {
    /// `w* = sum_p c_p p`.
    pub coefficients: Vec<Q>,
    /// The inner products `<w*, p>`, in dictionary order.
    pub products: Vec<Q>,
    /// `|w*|^2`.
    pub norm_squared: Q,
    /// Is it the shortest, and not one nearby with fewer digits?
    pub is_shortest: bool,
}

/// An image in a combination that is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balanced {
    /// Its weight lambda, greater than 0.
    pub weight: Q,
    /// The image.
    pub image: SparseImage,
    /// theta of each of its patterns, in [s, 1].
    pub slopes: Vec<Q>,
}

/// Can the images be separated patch by patch?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Separability {
    /// By this vector.
    Separable(Separator),
    /// By none: these images, with weights of sum 1, add up to 0.
    Balanced(Vec<Balanced>),
}

/// The slope of an activation for which separators are about sigma: that of leaky-relu, 1 for the identity.
pub fn slope_of(activation: &Activation) -> Option<Q> {
    match activation {
        Activation::LeakyRelu { slope } => Some(slope.clone()),
        Activation::Identity => Some(Q::one()),
        Activation::Relu | Activation::Relu2 => None,
    }
}

/// Can the images of a problem be separated for the slope of its activation? `None` for another activation or max
/// pooling, where nothing is asked.
///
/// # Errors
/// [`TooMuchWork`] at a limit on the work.
///
/// # Cost
/// See [`separate`].
pub fn separability(problem: &Problem) -> Option<Result<Separability, TooMuchWork>> {
    let network = problem.network();
    let slope = slope_of(&network.activation).filter(|_| network.pooling == Pooling::Sum)?;
    Some(separate(
        problem.dictionary(),
        problem.distribution(),
        &slope,
    ))
}

/// How far the images are from not being separable: `1 / |w*|^2`, and 0 where they are not.
pub fn measure(found: &Separability) -> Q {
    match found {
        Separability::Separable(separator) => separator.norm_squared.recip(),
        Separability::Balanced(_) => Q::zero(),
    }
}

/// `min(x, s x)` for s in (0, 1].
fn lower(x: &Q, slope: &Q) -> Q {
    if x.is_positive() {
        x * slope
    } else {
        x.clone()
    }
}

/// `sum_p N_p min(y <w, p>, s y <w, p>)` at the image where it is least.
///
/// # Cost
/// One term for each entry of [`Distribution::extreme_images`].
pub fn least_margin(distribution: &Distribution, products: &[Q], slope: &Q) -> Q {
    let terms = Label::BOTH.map(|y| -> Vec<Q> {
        let signed = products.iter().map(|x| x * integer(y.sign()));
        signed.map(|x| lower(&x, slope)).collect()
    });
    let sum = |image: SparseImage| -> Q {
        let counts = image.counts.iter();
        let term = |&(p, n): &(usize, u32)| &terms[image.label.index()][p] * integer(u64::from(n));
        counts.map(term).sum()
    };
    let least = distribution.extreme_images().map(sum).min();
    least.unwrap_or_else(Q::zero)
}

/// The vectors of K as integers: `y N_p theta_p`, times the denominator of the slope.
struct Hull {
    images: Vec<SparseImage>,
    /// Numerator and denominator of the slope.
    low: BigInt,
    high: BigInt,
    dimension: usize,
    /// The image of each vector that was asked for.
    asked: BTreeMap<Vec<BigInt>, usize>,
}

impl Hull {
    /// The lowest vector in a direction, given by its inner products with the patterns.
    fn lowest(&mut self, products: &[BigInt]) -> Vec<BigInt> {
        let slope = |x: &BigInt, y: Label| match (x * y.sign()).is_negative() {
            true => &self.high,
            false => &self.low,
        };
        let terms = Label::BOTH.map(|y| -> Vec<BigInt> {
            let all = products.iter();
            all.map(|x| x * slope(x, y) * y.sign()).collect()
        });
        let value = |image: &SparseImage| -> BigInt {
            let counts = image.counts.iter();
            counts
                .map(|&(p, n)| &terms[image.label.index()][p] * n)
                .sum()
        };
        let values = self.images.iter().map(value).enumerate();
        let lowest = values.min_by(|(_, a), (_, b)| a.cmp(b));
        let mut vector = vec![BigInt::zero(); self.dimension];
        if let Some((place, _)) = lowest {
            let image = &self.images[place];
            for &(p, n) in &image.counts {
                vector[p] = slope(&products[p], image.label) * n * image.label.sign();
            }
            self.asked.insert(vector.clone(), place);
        }
        vector
    }

    /// An image with a weighted sum of its vectors, as a part of a combination.
    fn part(&self, place: usize, weight: &BigInt, sum: &[BigInt], total: &BigInt) -> Balanced {
        let image = self.images[place].clone();
        let slopes = image.counts.iter().map(|&(p, n)| {
            let whole = weight * n * &self.high * image.label.sign();
            Q::new(sum[p].clone(), whole)
        });
        Balanced {
            weight: Q::new(weight.clone(), total.clone()),
            slopes: slopes.collect(),
            image,
        }
    }
}

/// Can these images be separated for this slope in (0, 1]?
///
/// # Errors
/// [`TooMuchWork`] at a limit on the work.
///
/// # Cost
/// That of [`nearest_point`] in as many dimensions as there are patterns, each round with one look at every entry of
/// [`Distribution::extreme_images`].
pub fn separate(
    dictionary: &Dictionary,
    distribution: &Distribution,
    slope: &Q,
) -> Result<Separability, TooMuchWork> {
    let dimension = dictionary.n_patterns();
    // The Gram matrix, times `scale`, as integers.
    let scale = dictionary
        .gram()
        .map_or_else(BigInt::one, |gram| common_denominator(gram.entries()));
    let rows: Option<Vec<Vec<BigInt>>> = dictionary.gram().map(|gram| {
        let row = |row: &[Q]| row.iter().map(|x| numerator_over(x, &scale)).collect();
        gram.iter_rows().map(row).collect()
    });
    let product = InnerProduct(rows.as_deref());
    let mut hull = Hull {
        images: distribution.extreme_images().collect(),
        low: slope.numer().clone(),
        high: slope.denom().clone(),
        dimension,
        asked: BTreeMap::new(),
    };
    let round: u64 = hull.images.iter().map(|i| 1 + i.counts.len() as u64).sum();
    let mut left = MAX_WORK;
    let lowest = |products: &[BigInt]| {
        // An entry takes as long as some tens of products of words.
        left = left.checked_sub(round.saturating_mul(30))?;
        Some(hull.lowest(products))
    };
    let nearest = nearest_point(product, dimension, lowest, MAX_WORK)?;
    let total: BigInt = nearest.weights.iter().sum();
    if nearest.is_zero {
        let mut parts: BTreeMap<usize, (BigInt, Vec<BigInt>)> = BTreeMap::new();
        for (point, weight) in nearest.points.iter().zip(&nearest.weights) {
            if let Some(&place) = hull.asked.get(point) {
                let empty = || (BigInt::zero(), vec![BigInt::zero(); dimension]);
                let (sum, vector) = parts.entry(place).or_insert_with(empty);
                *sum += weight;
                for (x, p) in vector.iter_mut().zip(point) {
                    *x += p * weight;
                }
            }
        }
        let parts = parts.iter();
        let parts = parts.map(|(place, (weight, sum))| hull.part(*place, weight, sum, &total));
        return Ok(Separability::Balanced(parts.collect()));
    }
    // z = sum / (total * high), and its inner products with the patterns are `image / (scale total high)`.
    let image = product.apply(&nearest.sum);
    let unit = total * &hull.high;
    let length: BigInt = nearest.sum.iter().zip(&image).map(|(a, b)| a * b).sum();
    // w* = z / |z|^2, with |z|^2 = length / (scale unit^2).
    let coefficient = |x: &BigInt| Q::new(x * &unit * &scale, length.clone());
    let shortest = Separator {
        coefficients: nearest.sum.iter().map(coefficient).collect(),
        products: image
            .iter()
            .map(|x| Q::new(x * &unit, length.clone()))
            .collect(),
        norm_squared: Q::new(&unit * &unit * &scale, length.clone()),
        is_shortest: true,
    };
    let shorter = with_few_digits(&shortest, dictionary, distribution, slope);
    Ok(Separability::Separable(shorter.unwrap_or(shortest)))
}

impl Separator {
    /// The vector with these coefficients, whether or not it separates anything.
    pub fn new(coefficients: Vec<Q>, gram: Option<&Matrix<Q>>) -> Self {
        let dot = |row: &[Q]| -> Q { row.iter().zip(&coefficients).map(|(a, b)| a * b).sum() };
        let products: Vec<Q> = match gram {
            None => coefficients.clone(),
            Some(gram) => gram.iter_rows().map(dot).collect(),
        };
        let norm_squared = dot(&products);
        Separator {
            coefficients,
            products,
            norm_squared,
            is_shortest: false,
        }
    }
}

/// Where the shortest separator has long coordinates: one with few digits whose squared length is at most 1/1000 more.
fn with_few_digits(
    shortest: &Separator,
    dictionary: &Dictionary,
    distribution: &Distribution,
    slope: &Q,
) -> Option<Separator> {
    let bits = |x: &Q| x.numer().bits().max(x.denom().bits());
    let longest = shortest.coefficients.iter().map(bits).max()?;
    let allowed = &shortest.norm_squared * Q::new(1001.into(), 1000.into());
    let digits = [8u64, 16, 32, 64, 128].into_iter();
    let mut tries = digits.take_while(|&d| longest > LONG && 2 * d < longest);
    tries.find_map(|digits| {
        let unit = BigInt::one() << digits;
        let round = |c: &Q| Q::new((c * &unit).round().to_integer(), unit.clone());
        let rounded: Vec<Q> = shortest.coefficients.iter().map(round).collect();
        let near = Separator::new(rounded, dictionary.gram());
        let margin = least_margin(distribution, &near.products, slope);
        if !margin.is_positive() {
            return None;
        }
        // Lengthened to margin 1, by a number with few digits.
        let factor = Q::new((margin.recip() * &unit).ceil().to_integer(), unit.clone());
        let lengthened = near.coefficients.iter().map(|c| c * &factor).collect();
        let separator = Separator::new(lengthened, dictionary.gram());
        (separator.norm_squared <= allowed).then_some(separator)
    })
}

/// `sum_i lambda_i y_i sum_p N_ip theta_ip p` as inner products with the patterns, given such images: all 0 exactly
/// where it is 0.
pub fn combination(dictionary: &Dictionary, parts: &[Balanced]) -> Vec<Q> {
    let mut sum = vec![Q::zero(); dictionary.n_patterns()];
    for part in parts {
        let sign = integer(part.image.label.sign());
        for (&(p, n), theta) in part.image.counts.iter().zip(&part.slopes) {
            sum[p] += &part.weight * &sign * integer(u64::from(n)) * theta;
        }
    }
    Separator::new(sum, dictionary.gram()).products
}

/// Images that are named in words, at most.
const NAMED: usize = 6;

/// A combination that is 0, in words.
pub fn described(dictionary: &Dictionary, parts: &[Balanced]) -> String {
    let one = |part: &Balanced| {
        let sign = part.image.label.symbol();
        let patterns = part.image.counts.iter().zip(&part.slopes);
        let patterns = patterns.map(|(&(p, n), slope)| {
            let name = dictionary.pattern_name(p);
            format!("{n} {name} with {slope}")
        });
        let patterns: Vec<String> = patterns.collect();
        match patterns.is_empty() {
            true => format!("{} of an empty image {sign}", part.weight),
            false => format!(
                "{} of the image {sign} of {}",
                part.weight,
                patterns.join(", ")
            ),
        }
    };
    let mut named: Vec<String> = parts.iter().take(NAMED).map(one).collect();
    if parts.len() > NAMED {
        named.push(format!("{} more", parts.len() - NAMED));
    }
    format!(
        "images with weights and derivatives add up to 0: {}",
        named.join("; ")
    )
}
