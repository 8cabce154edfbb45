//! Adapters as they are sent.

use clasper_api_types::{AdapterView, CertificationTierName, RiskClassName};
use clasper_delegated::adapter::{Adapter, CertificationTier};
use clasper_governance::risk::AdapterRiskClass;

pub(super) fn adapter(adapter: Adapter) -> AdapterView {
    AdapterView {
        adapter_id: adapter.id,
        tenant_id: adapter.tenant,
        display_name: adapter.display_name,
        risk_class: match adapter.risk_class {
            AdapterRiskClass::Low => RiskClassName::Low,
            AdapterRiskClass::Medium => RiskClassName::Medium,
            AdapterRiskClass::High => RiskClassName::High,
            AdapterRiskClass::Critical => RiskClassName::Critical,
        },
        capabilities: adapter.capabilities,
        tool_capabilities: adapter.tool_capabilities,
        version: adapter.version,
        enabled: adapter.enabled,
        certification_tier: match adapter.certification {
            CertificationTier::Experimental => CertificationTierName::Experimental,
            CertificationTier::Community => CertificationTierName::Community,
            CertificationTier::Verified => CertificationTierName::Verified,
        },
        created_at: adapter.created_at.into(),
        updated_at: adapter.updated_at.into(),
    }
}

pub(super) const fn certification(name: CertificationTierName) -> CertificationTier {
    match name {
        CertificationTierName::Experimental => CertificationTier::Experimental,
        CertificationTierName::Community => CertificationTier::Community,
        CertificationTierName::Verified => CertificationTier::Verified,
    }
}
