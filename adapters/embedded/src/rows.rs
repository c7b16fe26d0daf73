//! The one way to the tables: statements that belong to a tenant.
//!
//! **Invariant:** a statement without `:tenant` is refused before it runs, and the tenant is bound here, never by the
//! statement's author. Missing and surplus parameters are refused too.

use crate::fail::Result;
use postern_api::{Error, TenantId};
use rusqlite::{CachedStatement, Connection, Row, ToSql};

/// A parameter by name.
pub(crate) type Param<'a> = (&'a str, &'a dyn ToSql);

/// One tenant's rows, within one transaction.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    connection: &'a Connection,
    tenant: &'a TenantId,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(connection: &'a Connection, tenant: &'a TenantId) -> Self {
        Self { connection, tenant }
    }

    /// The word that stands for this tenant in the word indexes.
    pub(crate) fn scope_word(&self) -> String {
        scope_word(self.tenant)
    }

    fn bound(&self, sql: &str, params: &[Param<'_>]) -> Result<CachedStatement<'a>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let Some(tenant) = statement.parameter_index(":tenant")? else {
            return Err(Error::internal("a statement names no tenant").into());
        };
        if statement.parameter_count() != params.len() + 1 {
            return Err(Error::internal("a statement's parameters do not match").into());
        }
        statement.raw_bind_parameter(tenant, self.tenant.as_str())?;
        for (name, value) in params {
            let index = statement.parameter_index(name)?.ok_or_else(|| Error::internal("a parameter has no place"))?;
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }

    /// Every row.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.bound(sql, params)?;
        let mut rows = statement.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// The first row.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.bound(sql, params)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(read).transpose()
    }

    /// Changes rows and says how many.
    pub(crate) fn change(&self, sql: &str, params: &[Param<'_>]) -> Result<usize> {
        Ok(self.bound(sql, params)?.raw_execute()?)
    }

    /// Adds one row and gives its key.
    pub(crate) fn insert(&self, sql: &str, params: &[Param<'_>]) -> Result<i64> {
        self.change(sql, params)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The next number of a sequence of this tenant's.
    pub(crate) fn next(&self, name: &str) -> Result<i64> {
        let next = self.one(
            "INSERT INTO counter (tenant, name, value) VALUES (:tenant, :name, 1)
             ON CONFLICT (tenant, name) DO UPDATE SET value = value + 1 RETURNING value",
            &[(":name", &name)],
            |row| Ok(row.get(0)?),
        )?;
        next.ok_or_else(|| Error::internal("a counter has no value").into())
    }

    /// A number out of 2^48 that says nothing about how many came before: a gap between two visible comments would tell a
    /// customer that there is an internal one.
    pub(crate) fn fresh(&self, prefix: &str) -> Result<String> {
        let digits: String = self.connection.query_row("SELECT lower(hex(randomblob(6)))", [], |row| row.get(0))?;
        Ok(format!("{prefix}-{digits}"))
    }

    /// 128 random bits that open something for whoever has them.
    pub(crate) fn secret(&self) -> Result<String> {
        Ok(self.connection.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?)
    }
}

fn scope_word(tenant: &TenantId) -> String {
    let hex: String = tenant.as_str().bytes().map(|it| format!("{it:02x}")).collect();
    format!("tenant{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Database;

    #[test]
    fn b14_a_statement_that_names_no_tenant_is_refused() {
        let database = Database::in_memory().expect("a database");
        let tenant = TenantId::new("msp").expect("an id");
        let count = |sql: &str, params: &[Param<'_>]| {
            database.read(&tenant, |rows| rows.one(sql, params, |row| Ok(row.get::<_, i64>(0)?)))
        };
        assert!(count("SELECT count(*) FROM ticket", &[]).is_err());
        assert!(count("SELECT count(*) FROM ticket WHERE id = :id", &[(":id", &"1")]).is_err());
        assert!(count("SELECT count(*) FROM ticket WHERE tenant = :tenant AND id = :id", &[]).is_err());
        assert!(count("SELECT count(*) FROM ticket WHERE tenant = :tenant", &[(":tenant", &"other")]).is_err());
        assert_eq!(count("SELECT count(*) FROM ticket WHERE tenant = :tenant", &[]).expect("a count"), Some(0));
    }
}
