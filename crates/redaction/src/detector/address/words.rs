//! The words that addresses are recognised by.

/// Words behind the name of a street: `12 Main Street`.
#[rustfmt::skip]
pub(super) const BEHIND: &[&str] = &[
    "street", "st", "avenue", "ave", "road", "rd", "lane", "ln", "drive", "dr", "boulevard", "blvd", "court", "ct", "way",
    "place", "pl", "terrace", "square", "sq", "close", "crescent", "cres", "parkway", "pkwy", "circle", "cir", "trail", "trl",
    "highway", "hwy", "alley", "row", "grove", "gardens", "hill", "mews", "walk", "plaza", "loop", "ridge", "heights", "pike",
    "crossing", "view", "green", "park", "manor", "meadow", "run", "path", "point", "bend", "creek", "expressway", "turnpike",
];
/// Words that end names of streets less often: they count behind somebody's name, or where an address is expected.
#[rustfmt::skip]
pub(super) const SELDOM: &[&str] = &[
    "branch", "bridge", "brook", "brooks", "burg", "burgs", "bypass", "camp", "canyon", "cape", "causeway", "center", "centers",
    "circles", "cliff", "cliffs", "club", "common", "corner", "corners", "course", "courts", "cove", "coves", "crest", "crossroad",
    "crossroads", "curve", "dale", "dam", "divide", "drives", "driveway", "estate", "estates", "extension", "extensions", "fall",
    "falls", "ferry", "field", "fields", "flat", "flats", "ford", "fords", "forest", "forge", "forges", "fork", "forks", "fort",
    "freeway", "garden", "gateway", "glen", "glens", "greens", "groves", "harbor", "harbors", "haven", "hills", "hollow", "inlet",
    "island", "islands", "isle", "junction", "junctions", "key", "keys", "knoll", "knolls", "lake", "lakes", "land", "landing",
    "light", "lights", "loaf", "lock", "locks", "lodge", "mall", "manors", "meadows", "mill", "mills", "mission", "motorway",
    "mount", "mountain", "mountains", "neck", "orchard", "oval", "overpass", "parks", "parkways", "pass", "passage", "pine", "pines",
    "plain", "plains", "points", "port", "ports", "prairie", "radial", "ramp", "ranch", "rapid", "rapids", "rest", "ridges", "river",
    "roads", "route", "rue", "shoal", "shoals", "shore", "shores", "skyway", "spring", "springs", "spur", "spurs", "squares",
    "station", "stravenue", "stream", "streets", "summit", "throughway", "trace", "track", "trafficway", "tunnel", "underpass",
    "union", "unions", "valley", "valleys", "via", "viaduct", "views", "village", "villages", "ville", "vista", "walks", "wall",
    "ways", "well", "wells", "amble", "approach", "arcade", "arterial", "artery", "block", "bowl", "brace", "brae", "break", "broadway",
    "brow", "centre", "chase", "circuit", "circus", "concourse", "copse", "cruiseway", "deviation", "dip", "distributor", "elbow",
    "esplanade", "fairway", "firetrail", "formation", "front", "frontage", "gap", "gate", "glade", "grange", "ground", "interchange",
    "intersection", "kingsway", "link", "lookout", "mead", "nook", "outlook", "parade", "part", "pathway", "peninsula", "pocket",
    "promenade", "pursuit", "quad", "quadrangle", "quadrant", "quay", "quays", "reserve", "retreat", "rise", "riverway", "riviera",
    "rotary", "round", "roundabout", "service", "siding", "slope", "sound", "steps", "strand", "strip", "subway", "tarn", "thoroughfare",
    "tollway", "top", "tor", "towers", "trailer", "triangle", "trunkway", "turn", "upper", "vale", "waters", "waterway", "wharf", "wynd",
    "yard",
];
/// Words in front of the name of a street, number behind: `Via Roma 12`, `Calle Mayor, 3`.
#[rustfmt::skip]
pub(super) const FRONT: &[&str] = &[
    "via", "viale", "piazza", "piazzale", "corso", "largo", "vicolo", "strada", "contrada", "borgo", "rotonda", "stretto", "incrocio",
    "canale", "calle", "c", "avenida", "av", "avda", "avd", "al", "plaza", "paseo", "camino", "carrera", "cuesta", "rambla", "ronda", "glorieta",
    "urbanización", "pasaje", "callejón", "cañada", "vial", "acceso", "pasadizo", "periférico", "privada", "prolongación", "retorno",
    "viaducto", "circuito", "cerrada", "calzada", "ampliación", "andador", "corredor", "diagonal", "continuación", "circunvalación",
    "eje", "peatonal", "carretera", "travesía", "bulevar", "rua", "r", "travessa", "praça", "alameda", "estrada", "quadra", "aeroporto",
    "estação", "jardim", "residencial", "vila", "vale", "viela", "lagoa", "lago", "loteamento", "chácara", "colônia", "condomínio",
    "conjunto", "distrito", "esplanada", "favela", "fazenda", "feira", "campo", "área", "morro", "núcleo", "parque", "passarela",
    "pátio", "praia", "recanto", "rodovia", "setor", "sítio", "trecho", "trevo", "ladeira", "beco", "ulica", "ul", "aleja", "plac", "pl",
    "osiedle", "os", "am", "an", "auf", "im", "unter", "zum", "zur", "rue", "boulevard", "chemin", "avenue", "impasse", "allée", "quai", "place",
    "route",
];
/// Words in front of the name of a street, number in front of them: `12 rue de la Paix`.
#[rustfmt::skip]
pub(super) const FRENCH: &[&str] = &[
    "rue", "avenue", "boulevard", "bd", "place", "chemin", "impasse", "allée", "quai", "route", "cours", "passage", "square", "av",
    "ruelle", "esplanade", "faubourg", "promenade", "sentier", "voie",
];
/// Ends of names of streets, number behind: `Hauptstraße 5`.
#[rustfmt::skip]
pub(super) const JOINED: &[&str] = &[
    "straße", "strasse", "str.", "weg", "platz", "allee", "gasse", "ring", "damm", "ufer", "straat", "laan", "plein", "gracht",
    "kade", "gatan", "vägen", "veien", "vegen", "gata", "gaten", "vej", "gade", "katu", "tie", "allé", "singel", "dijk", "steig", "chaussee",
    "gränd", "stigen", "stræde", "vænget", "bakken", "svingen", "jordet", "tunet", "stien", "løkka", "berget", "polku", "kuja",
    "kaari", "steeg", "dreef", "pfad", "promenade", "zeile", "torget", "torv", "lia", "kroken", "grenda", "roa", "åsen",
];
/// Ends that other words have too: only where an address is expected, or with a postal code behind.
#[rustfmt::skip]
pub(super) const WEAK: &[&str] = &[
    "hagen", "engen", "haugen", "park", "hof", "pad", "hoek", "ova", "ská", "ovo", "markt", "steg", "gård", "tangen", "viken", "moen", "nes",
    "kai", "holm", "skogen", "lunden", "myra", "feltet", "toppen", "hall", "plass", "lund", "bråten", "rud", "eggen", "bakke", "flata",
];
/// Small words inside of names of streets and places.
#[rustfmt::skip]
pub(super) const SMALL: &[&str] = &[
    "de", "la", "le", "les", "du", "des", "del", "della", "delle", "dei", "di", "da", "do", "dos", "das", "los", "las", "el",
    "y", "e", "d", "l", "der", "den", "van", "von", "dem", "of", "the", "and", "am", "an", "im", "sur", "upon", "aan", "nad", "pod", "u", "v",
    "en", "het", "sous", "lès", "aux", "a", "i", "na", "ob", "bei", "in",
];
/// What stands in front of a flat's number.
#[rustfmt::skip]
pub(super) const UNITS: &[&str] = &[
    "apartment", "apt", "suite", "ste", "unit", "flat", "floor", "fl", "no", "bldg", "piso", "puerta", "interior", "int", "depto", "dpto",
    "edif", "edificio", "appartamento", "piano", "bloco", "bloque", "apto", "bus", "box", "room", "local", "esc", "lote", "casa", "sala",
    "andar", "byt", "m", "lgh", "stiege", "top", "studio", "level", "lot", "wohnung", "etage", "building", "block", "boite", "bte", "h.no",
];
/// What a flat in front of its street begins with.
pub(super) const FIRST_UNITS: &[&str] = &[
    "flat",
    "studio",
    "unit",
    "level",
    "apartment",
    "apt",
    "suite",
    "h.no",
];
/// Ends of phrases behind which an address stands.
#[rustfmt::skip]
pub(crate) const ANNOUNCED: &[&str] = &[
    "ddress: ", "dresse: ", "dresse : ", "dres: ", "dress: ", "dresa: ", "nschrift: ", "ndirizzo: ", "irección: ",
    "ireccion: ", "ndereço: ", "orada: ", "soite: ", "live at ", "lives at ", "lived at ", "living at ", "shipped to ", "ship to ",
    "ship it to ", "delivered to ", "deliver to ", "deliver it to ", "sent to ", "send it to ", "located at ", "are at ", "is at ",
    "residing at ", "resides at ", "moved to ", "office at ", "wohne in ", "wohnt in ", "wohnhaft in ", "geht an ", "habite au ",
    "habite à ", "habite ", "livrée au ", "livrée à ", "livré au ", "vivo en ", "vive en ", "enviado a ", "envíe a ", "abito in ", "abita in ",
    "spedito a ", "woon op ", "woont op ", "gaat naar ", "moro na ", "moro no ", "moro em ", "mora na ", "vivo na ", "enviado para ",
    "mieszkam przy ", "mieszka przy ", "bor på ", "bor i ", "asun osoitteessa ", "bydlím ", "bytem ", "street address is ", "address is ",
    "Anschrift ist ", "adresse est ", "dirección es ", "residente en ", "residente in ", "domiciled at ", "zamieszkały ", "zam. ",
];
