// Lets sandbox.intacct.com lead to this machine: the client insists on a host of that domain.
"use strict";

const dns = require("node:dns");

const HOST = "sandbox.intacct.com";
const lookup = dns.lookup;

dns.lookup = function (hostname, options, callback) {
  if (hostname !== HOST) {
    return lookup.apply(dns, arguments);
  }
  const answer = typeof options === "function" ? options : callback;
  const all = typeof options === "object" && options !== null && options.all;
  const address = { address: "127.0.0.1", family: 4 };
  process.nextTick(() => (all ? answer(null, [address]) : answer(null, address.address, address.family)));
};
