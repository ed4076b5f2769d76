//! Pages and filters of Konnect's lists.

use serde_json::{Value, json};

use crate::exchange::{Answer, Call};
use crate::konnect::Request;
use crate::konnect::problem::Problem;
use crate::world::World;

/// What may be filtered on: a key, and its closed set of values where it has one.
pub(crate) struct Filterable {
    pub(crate) key: &'static str,
    pub(crate) states: Option<&'static [&'static str]>,
    /// Whether `filter[key]=value` without an operator is published too.
    pub(crate) bare: bool,
}

enum Operator {
    Equal,
    NotEqual,
    Contains,
    AnyOf,
    ContainsAny,
}

struct Filter {
    key: &'static str,
    operator: Operator,
    value: String,
}

fn query_problem(field: &str, rule: &str, reason: &str) -> Problem {
    Problem::invalid(vec![
        json!({ "field": field, "rule": rule, "reason": reason, "source": "query" }),
    ])
}

/// Filters `items` (their `key` fields) as the query says, and cuts out the page it asks for.
pub(crate) fn list(
    world: &World,
    request: &Request<'_>,
    items: Vec<Value>,
    filterable: &[Filterable],
    what: &str,
) -> Result<Answer, Problem> {
    let call = request.call;
    let filters = filters(call, filterable)?;
    let matching: Vec<Value> = items
        .into_iter()
        .filter(|item| filters.iter().all(|filter| filter.accepts(item)))
        .collect();
    let konnect = &world.settings.konnect;
    let size = number(call, "page[size]", konnect.default_page_size)?;
    let page = number(call, "page[number]", 1)?;
    if size > konnect.maximum_page_size {
        let reason = format!(
            "page[size] must not be greater than {}",
            konnect.maximum_page_size
        );
        return Err(Problem::invalid(vec![
            json!({ "field": "page.size", "rule": "max", "maximum": konnect.maximum_page_size, "reason": reason, "source": "query" }),
        ]));
    }
    let total = matching.len();
    let data: Vec<Value> = matching
        .into_iter()
        .skip(page.saturating_sub(1).saturating_mul(size))
        .take(size)
        .collect();
    let body = json!({ "data": data, "meta": { "page": { "number": page, "size": size, "total": total } } });
    Ok(Answer::json(
        200,
        &body,
        format!("{} of {total} {what}", data.len()),
    ))
}

fn number(call: &Call, name: &str, default: usize) -> Result<usize, Problem> {
    let Some(text) = call.query_value(name).filter(|text| !text.is_empty()) else {
        return Ok(default);
    };
    match text.parse::<usize>() {
        Ok(number) if number > 0 => Ok(number),
        _ => {
            let field = name.replace('[', ".").replace(']', "");
            Err(query_problem(
                &field,
                "is_integer",
                &format!("{name} must be a positive integer"),
            ))
        }
    }
}

fn filters(call: &Call, filterable: &[Filterable]) -> Result<Vec<Filter>, Problem> {
    let mut filters: Vec<Filter> = Vec::new();
    for (name, value) in &call.query {
        if name == "page[size]" || name == "page[number]" {
            continue;
        }
        let field = name.replace('[', ".").replace(']', "");
        let unknown = || {
            query_problem(
                &field,
                "unknown_property",
                &format!("{name} is not a known parameter"),
            )
        };
        let path = name
            .strip_prefix("filter[")
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or_else(unknown)?;
        let (key, operator) = path
            .split_once("][")
            .map_or((path, None), |(key, operator)| (key, Some(operator)));
        let known = filterable
            .iter()
            .find(|known| known.key == key)
            .ok_or_else(unknown)?;
        let operator = match (operator, known.states) {
            (Some("eq"), _) => Operator::Equal,
            (None, _) if known.bare => Operator::Equal,
            (Some("neq"), _) => Operator::NotEqual,
            (Some("oeq"), _) => Operator::AnyOf,
            (Some("contains"), None) => Operator::Contains,
            (Some("ocontains"), None) => Operator::ContainsAny,
            _ => return Err(unknown()),
        };
        if filters.iter().any(|filter| filter.key == key) {
            return Err(query_problem(
                &field,
                "invalid",
                &format!("only one filter on {key} is allowed"),
            ));
        }
        if let (Some(states), Operator::Equal | Operator::NotEqual) = (known.states, &operator)
            && !states.contains(&value.as_str())
        {
            let reason = format!("{name} must be one of {}", states.join(", "));
            return Err(Problem::invalid(vec![
                json!({ "field": field, "rule": "enum", "choices": states, "reason": reason, "source": "query" }),
            ]));
        }
        filters.push(Filter {
            key: known.key,
            operator,
            value: value.clone(),
        });
    }
    Ok(filters)
}

impl Filter {
    fn accepts(&self, item: &Value) -> bool {
        let actual = item
            .get(self.key)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut wanted = self.value.split(',');
        match self.operator {
            Operator::Equal => actual == self.value,
            Operator::NotEqual => actual != self.value,
            Operator::Contains => actual.contains(self.value.as_str()),
            Operator::AnyOf => wanted.any(|text| actual == text),
            Operator::ContainsAny => wanted.any(|text| actual.contains(text)),
        }
    }
}
