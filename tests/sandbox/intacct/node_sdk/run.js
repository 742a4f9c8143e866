// Does with Sage's own client what the test asks, and prints what came of it as JSON.
"use strict";

const IA = require("@intacct/intacct-sdk");

const address = process.argv[2];
const { NewQuery } = IA.Functions.Common;
// part of the client, though its index leaves it out
const CompanyPrefsGet = require("@intacct/intacct-sdk/dist/Functions/Company/CompanyPrefsGet").default;

function login(userId, userPassword, senderPassword = "sandbox-sender-password") {
  const config = new IA.ClientConfig();
  config.endpointUrl = address;
  config.senderId = "sandbox";
  config.senderPassword = senderPassword;
  config.companyId = "acme";
  config.userId = userId;
  config.userPassword = userPassword;
  return config;
}

const READER = ["termkeeper-reader", "sandbox-reader-password"];
const SYNC = ["bill-sync", "sandbox-sync-password"];

function invoice(number, term) {
  const line = new IA.Functions.AccountsReceivable.InvoiceLineCreate();
  line.glAccountNumber = "4000";
  line.transactionAmount = 1250.5;
  const create = new IA.Functions.AccountsReceivable.InvoiceCreate();
  create.customerId = "C1001";
  create.transactionDate = new Date(2026, 10, 2);
  create.paymentTerm = term;
  create.invoiceNumber = number;
  create.lines = [line];
  return create;
}

async function refusal(action) {
  try {
    await action();
    return null;
  } catch (error) {
    return { name: error.constructor.name, message: error.message, errors: error.errors || [] };
  }
}

async function main() {
  const told = {};
  const session = await IA.SessionProvider.factory(login(...READER));
  told.session = { id: session.sessionId, endpoint: session.endpointUrl, company: session.companyId, user: session.userId };
  const client = new IA.OnlineClient(session);

  const { SelectBuilder } = NewQuery.QuerySelect;
  const { Filter, AndOperator } = NewQuery.QueryFilter;
  const query = new NewQuery.Query();
  query.fromObject = "ARINVOICE";
  query.selectFields = new SelectBuilder().addFields(["RECORDNO", "TERMNAME"]).selects;
  query.filter = new AndOperator([
    new Filter("TERMNAME").equalTo("Net 35"),
    new Filter("RECORDNO").greaterThan("10"),
    new Filter("STATE").in(["Paid", "Posted"]),
  ]);
  query.orderBy = new NewQuery.QueryOrderBy.OrderBuilder().addDescending("RECORDNO").orders;
  query.pageSize = 5;
  query.offset = 2;
  const found = (await client.execute(query)).getResult();
  told.query = { total: found.totalCount, count: found.count, remaining: found.numRemaining, data: found.data };

  const counting = new NewQuery.Query();
  counting.fromObject = "ARINVOICE";
  counting.selectFields = new SelectBuilder().addField("TERMNAME").addCount("RECORDNO").selects;
  told.counts = (await client.execute(counting)).getResult().data;

  const byName = new IA.Functions.Common.ReadByName();
  byName.objectName = "ARTERM";
  byName.names = ["Net 30"];
  byName.fields = ["NAME", "STATUS", "DUEDATE"];
  told.readByName = (await client.execute(byName)).getResult().data;

  const read = new IA.Functions.Common.Read();
  read.objectName = "CUSTOMER";
  read.keys = [1, 2];
  read.fields = ["CUSTOMERID", "NAME"];
  told.read = (await client.execute(read)).getResult().data;

  const byQuery = new IA.Functions.Common.ReadByQuery();
  byQuery.objectName = "CUSTOMER";
  byQuery.fields = ["CUSTOMERID"];
  byQuery.pageSize = 25;
  const first = (await client.execute(byQuery)).getResult();
  const more = new IA.Functions.Common.ReadMore();
  more.resultId = first.resultId;
  const second = (await client.execute(more)).getResult();
  told.pages = [first.count, first.numRemaining, second.count, second.numRemaining];

  const lookup = new IA.Functions.Common.Lookup();
  lookup.objectName = "ARTERM";
  told.lookup = (await client.execute(lookup)).getResult().data[0].$.Name;

  const list = new IA.Functions.Common.GetList.GetList();
  list.object = "arterm";
  const terms = (await client.execute(list)).getResult();
  told.getList = { total: terms.totalCount, start: terms.start, end: terms.end, names: terms.data.map((term) => term.name) };

  const preferences = new CompanyPrefsGet();
  preferences.application = "AR";
  told.preferences = (await client.execute(preferences)).getResult().status;

  const sync = new IA.OnlineClient(await IA.SessionProvider.factory(login(...SYNC)));
  told.created = (await sync.execute(invoice("INV-5001", "Net 30"))).getResult().key;
  told.sequence = await refusal(() => sync.execute(invoice("INV-5002", "Net 45")));
  told.permission = await refusal(() => client.execute(invoice("INV-5003", "Net 30")));

  const transaction = new IA.RequestConfig();
  transaction.transaction = true;
  const batch = await sync.executeBatch([invoice("INV-5004", "Net 30"), invoice("INV-5005", "Net 45")], transaction);
  told.transaction = batch.results.map((result) => result.status);

  told.signIn = await refusal(() => IA.SessionProvider.factory(login("termkeeper-reader", "wrong")));
  told.sender = await refusal(() => IA.SessionProvider.factory(login(...READER, "wrong")));
  return told;
}

main().then(
  (told) => process.stdout.write(JSON.stringify(told)),
  (error) => {
    process.stderr.write(String(error.stack || error) + "\n" + JSON.stringify(error.errors || []));
    process.exitCode = 1;
  }
);
