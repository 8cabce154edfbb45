//! Which model costs what: the shipped list, what the configuration adds, and a tenant's own prices over both.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::price::{ModelPrice, PriceError, Tariff};

/// The shipped list: the names and prices of the reference's usage table (section 8.3), with the providers' public prices
/// for cached input where they publish one for that model.
const SHIPPED: &str = include_str!("prices.json");

/// Prices by `provider/model`.
#[derive(Debug, Clone, Default)]
pub struct PriceTable(HashMap<String, Tariff>);

/// Why a list of prices cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PriceFileError {
    /// It is not JSON of the form `{"prices": {"provider/model": {...}}}`.
    #[error("the list of prices cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// A price is below zero, or its name has no provider.
    #[error("the price of {model} is below zero, or its name is not provider/model")]
    Senseless {
        /// The name as it stands in the list.
        model: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    prices: BTreeMap<String, Tariff>,
}

/// A tenant's own prices: what it has negotiated, or models of its own. They count before the table's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PriceOverrides(BTreeMap<String, Tariff>);

/// The prices that count for one tenant: its own over the table's.
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a> {
    overrides: Option<&'a PriceOverrides>,
    table: &'a PriceTable,
}

impl PriceTable {
    /// The shipped prices. Should they be unreadable (a test shows they are not), every model is refused.
    #[must_use]
    pub fn listed() -> Self {
        Self::from_json(SHIPPED).unwrap_or_default()
    }

    /// The prices of a list such as the shipped one: `{"prices": {"provider/model": {"input_usd_per_million": "2.5",
    /// "output_usd_per_million": "10", "cached_input_usd_per_million": "1.25"}}}`, the last member optional.
    ///
    /// # Errors
    /// [`PriceFileError`]: one bad price spoils the list.
    pub fn from_json(text: &str) -> Result<Self, PriceFileError> {
        let file: PriceFile = serde_json::from_str(text)?;
        if let Some((model, _)) = file
            .prices
            .iter()
            .find(|(model, tariff)| !is_full_name(model) || !tariff.is_sensible())
        {
            return Err(PriceFileError::Senseless {
                model: model.clone(),
            });
        }
        Ok(Self(file.prices.into_iter().collect()))
    }

    /// Sets the price of `provider/model`. Cached input costs what other input costs.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`] when a price is negative.
    pub fn set(&mut self, model: &str, price: ModelPrice) -> Result<(), PriceError> {
        self.set_tariff(model, price.into())
    }

    /// Sets all prices of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`] when a price is negative.
    pub fn set_tariff(&mut self, model: &str, tariff: Tariff) -> Result<(), PriceError> {
        if !tariff.is_sensible() {
            return Err(PriceError::OutOfRange);
        }
        self.0.insert(model.to_owned(), tariff);
        Ok(())
    }

    /// The price of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::Unknown`].
    pub fn get(&self, model: &str) -> Result<ModelPrice, PriceError> {
        self.tariff(model).map(|tariff| tariff.model_price())
    }

    /// All prices of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::Unknown`].
    pub fn tariff(&self, model: &str) -> Result<Tariff, PriceError> {
        let unknown = || PriceError::Unknown {
            model: model.to_owned(),
        };
        self.0.get(model).copied().ok_or_else(unknown)
    }

    /// The prices with nobody's own over them.
    #[must_use]
    pub const fn prices(&self) -> Prices<'_> {
        Prices {
            overrides: None,
            table: self,
        }
    }

    /// The prices with a tenant's own over them.
    #[must_use]
    pub const fn under<'a>(&'a self, overrides: &'a PriceOverrides) -> Prices<'a> {
        Prices {
            overrides: Some(overrides),
            table: self,
        }
    }
}

impl PriceOverrides {
    /// Sets the tenant's price of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::OutOfRange`] when a price is negative; [`PriceError::Unknown`] when the name has no provider.
    pub fn set(&mut self, model: &str, tariff: Tariff) -> Result<(), PriceError> {
        if !is_full_name(model) {
            return Err(PriceError::Unknown {
                model: model.to_owned(),
            });
        }
        if !tariff.is_sensible() {
            return Err(PriceError::OutOfRange);
        }
        self.0.insert(model.to_owned(), tariff);
        Ok(())
    }

    /// Takes a price back; the table's counts again. Returns what it was.
    pub fn remove(&mut self, model: &str) -> Option<Tariff> {
        self.0.remove(model)
    }

    /// The tenant's prices by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tariff)> {
        self.0
            .iter()
            .map(|(model, tariff)| (model.as_str(), tariff))
    }
}

impl Prices<'_> {
    /// All prices of `provider/model`.
    ///
    /// # Errors
    /// [`PriceError::Unknown`].
    pub fn tariff(&self, model: &str) -> Result<Tariff, PriceError> {
        match self.overrides.and_then(|own| own.0.get(model)) {
            Some(tariff) => Ok(*tariff),
            None => self.table.tariff(model),
        }
    }

    /// The full name and all prices of what a caller calls `model`. This is the one place that reads provider prefixes:
    ///
    /// - with a `provider`, the name is `provider/model`, whether or not `model` repeats the provider;
    /// - `provider/model` means itself;
    /// - a bare `model` means the one provider that has a model of that name.
    ///
    /// Nothing is taken off a name: what an aggregator asks for `openai/gpt-4o` is not what its maker asks.
    ///
    /// # Errors
    /// [`PriceError::Unknown`], or [`PriceError::Ambiguous`] when several providers have it.
    pub fn resolve(
        &self,
        provider: Option<&str>,
        model: &str,
    ) -> Result<(String, Tariff), PriceError> {
        if let Some(provider) = provider {
            let repeats = model
                .strip_prefix(provider)
                .is_some_and(|rest| rest.starts_with('/'));
            let name = if repeats {
                model.to_owned()
            } else {
                format!("{provider}/{model}")
            };
            return self.tariff(&name).map(|tariff| (name, tariff));
        }
        if let Ok(tariff) = self.tariff(model) {
            return Ok((model.to_owned(), tariff));
        }
        let mut candidates = self.names_of(model);
        match candidates.len() {
            0 => Err(PriceError::Unknown {
                model: model.to_owned(),
            }),
            1 => {
                let name = candidates.swap_remove(0);
                self.tariff(&name).map(|tariff| (name, tariff))
            }
            _ => Err(PriceError::Ambiguous {
                model: model.to_owned(),
                candidates,
            }),
        }
    }

    /// The full names whose model is `model`, sorted.
    fn names_of(&self, model: &str) -> Vec<String> {
        let own = self.overrides.into_iter().flat_map(|own| own.0.keys());
        let mut names: Vec<String> = own
            .chain(self.table.0.keys())
            .filter(|name| name.split_once('/').is_some_and(|(_, rest)| rest == model))
            .cloned()
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn is_full_name(model: &str) -> bool {
    model
        .split_once('/')
        .is_some_and(|(provider, rest)| !provider.is_empty() && !rest.is_empty())
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
