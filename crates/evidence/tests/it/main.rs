//! Bundles as their readers see them: in memory, and as archives that the Python verifier reads too.

mod agreement;
mod bundle;
mod catalogue;
mod dice;
mod mutation;
mod python;
mod sample;
mod served;
