"""Names and the readings that each must give, written by hand: what nobody listed follows the same rules."""

from __future__ import annotations

# In short: `30` days from the invoice date; `10 next_month`; ` | ` between readings; `2%/10` a discount;
# `+1.5% monthly` a penalty; empty where nothing may be read.
TABLE = """
Net 21                                          : 21
NET 45                                          : 45
net45                                           : 45
Net45d                                          : 45
n45                                             : 45
N/45                                            : 45
N-45                                            : 45
N 45                                            : 45
Net-45                                          : 45
Net: 45                                         : 45
Net/45                                          : 45
Nett 45                                         : 45
Net 45.                                         : 45
Net_45                                          : 45
Net 45 day                                      : 45
Net 45 day(s)                                   : 45
net-45-days                                     : 45
45 days net                                     : 45
45 net                                          : 45
45 days                                         : 45
45-day terms                                    : 45
45 calendar days                                : 45
45D                                             : 45
Terms: Net 45                                   : 45
Payment terms: 45 days                          : 45
Net 45 terms                                    : 45
(Net 45)                                        : 45
Net 45 days after invoice                       : 45
Net 45 after invoice date                       : 45
net 45 from invoice date                        : 45
Net 45 days from the date of the invoice        : 45
within 45 days of invoice date                  : 45
due within 45 days                              : 45
Due 45 days after invoice date                  : 45
due net 45                                      : 45
Payable within 45 days of invoice               : 45
Payment due in 45 days                          : 45
Payment within 45 days                          : 45
Invoice due in 45 days                          : 45
Net due in 45 days                              : 45
Due in 45                                       : 45
Invoice + 45 days                               : 45
Net forty-five                                  : 45
Net forty five days                             : 45
Net FortyFive                                   : 45
Net forty-five (45) days                        : 45
Net 45 (forty-five) days                        : 45
Net 45 (45) days                                :
Net ninety-nine                                 : 99
Net one hundred twenty days                     : 120
one hundred and eighty days                     : 180
Net zero                                        : 0
Net 999                                         : 999
Net 1                                           : 1
Net 007                                         : 7
1                                               : 1
365                                             : 365
2 weeks                                         : 14
Net 6 weeks                                     : 42
Due on receipt of invoice                       : 0
DUE-ON-RECEIPT                                  : 0
on receipt                                      : 0
payment on receipt                              : 0
Payable upon receipt                            : 0
Net due upon receipt                            : 0
Upon invoice receipt                            : 0
due immediately                                 : 0
Immediate payment                               : 0
Payable immediately                             : 0
Due now                                         : 0
Due on invoice date                             : 0
C.O.D.                                          : 0
c.o.d                                           : 0
Collect on delivery                             : 0
Payment on delivery                             : 0
Pre-paid                                        : 0
prepayment                                      : 0
P.I.A.                                          : 0
CIA                                             : 0
CWO                                             : 0
cash in advance                                 : 0
Payment in advance                              : 0
100% in advance                                 : 0
Cash with order                                 : 0
2 % 10, net 30 days                             : 30 2%/10
2% 10 days, net 30 days                         : 30 2%/10
2%/10, n/30                                     : 30 2%/10
2%-10 Net-30                                    : 30 2%/10
2/10-net 30                                     : 30 2%/10
2/10 - n/30                                     : 30 2%/10
2/10/net 30                                     : 30 2%/10
2/10n30                                         : 30 2%/10
2.5/10 net 45                                   : 45 2.5%/10
3/7 n/21                                        : 21 3%/7
2 percent 10 net 30                             : 30 2%/10
two percent ten days, net thirty                : 30 2%/10
less 2% 10 days, net 30                         : 30 2%/10
Net 30 less 2% 10 days                          : 30 2%/10
Net 30 (2% 10)                                  : 30 2%/10
Net 30, 2/10                                    : 30 2%/10
Net 30; 2% discount if paid within 10 days      : 30 2%/10
Net 30 with 2% discount within 10 days          : 30 2%/10
2% if paid in 10 days, otherwise net 30         : 30 2%/10
2% 10 days or net 30                            : 30 2%/10
2% early payment discount within 10 days, net 30: 30 2%/10
2% cash discount 10 days net 30                 : 30 2%/10
2% 10 days, 30 days net                         : 30 2%/10
10 days 2%, 30 days net                         : 30 2%/10
2% 10. Net 30.                                  : 30 2%/10
2% 30 net 30                                    : 30 2%/30
0.5% 15 Net 60                                  : 60 0.5%/15
99% 1 net 1                                     : 1 99%/1
$25 off 10 net 30                               : 30 $25/10
$25.50 off if paid within 10 days, net 30       : 30 $25.5/10
$1,250 discount 10 days net 30                  : 30 $1250/10
€25 off 10 net 30                               : 30 $25/10
Net 30, less $25 if paid within 10 days         : 30 $25/10
10th of the next month                          : 10 next_month
10th of following month                         : 10 next_month
10th of the month following                     : 10 next_month
10th of month following invoice date            : 10 next_month
10th day of the following month                 : 10 next_month
Due on the 10th of next month                   : 10 next_month
by the 10th of next month                       : 10 next_month
tenth of next month                             : 10 next_month
twenty-fifth of next month                      : 25 next_month
Day 10 of next month                            : 10 next_month
1st of next month                               : 1 next_month
First of the following month                    : 1 next_month
10 prox                                         : 10 next_month
10th Prox.                                      : 10 next_month
15th Proximo                                    : 15 next_month
Net 10th prox                                   : 10 next_month
Prox. 25th                                      : 25 next_month
25th MFI                                        : 25 next_month
MFI 25                                          : 25 next_month
last day of next month                          : 31 next_month
end of next month                               : 31 next_month
10th of 3rd month                               : 10 month_3
10th of the second month                        : 10 month_2
10th day of 2nd month following invoice date    : 10 month_2
5th of 6th month                                : 5 month_6
10th of the month after next                    : 10 month_2
15th of month                                   : 15 same_month | 15 next_month
the 15th of the month                           : 15 same_month | 15 next_month
15 of the month                                 : 15 same_month | 15 next_month
15th of each month                              : 15 same_month | 15 next_month
Due on the 15th                                 : 15 same_month | 15 next_month
15th of the same month                          : 15 same_month
15th of invoice month                           : 15 same_month
E.O.M.                                          : 0 end_of_month
Due EOM                                         : 0 end_of_month
Due at end of month                             : 0 end_of_month
end-of-month                                    : 0 end_of_month
Month end                                       : 0 end_of_month
last day of the month                           : 0 end_of_month
EOM + 30                                        : 30 end_of_month
EOM+15                                          : 15 end_of_month
EOM 45 days                                     : 45 end_of_month
End of month + 30 days                          : 30 end_of_month
EOM plus 30                                     : 30 end_of_month
Net 30 days after end of month                  : 30 end_of_month
30 days after EOM                               : 30 end_of_month
30 days from the end of the month               : 30 end_of_month
Net 60 following month end                      : 60 end_of_month
Net 15 EOM                                      : 15 end_of_month | 15 extend_to_month_end
N60 EOM                                         : 60 end_of_month | 60 extend_to_month_end
45 EOM                                          : 45 end_of_month | 45 extend_to_month_end
Net 30 days, end of month                       : 30 end_of_month | 30 extend_to_month_end
30 days from invoice date extending to end of month : 30 extend_to_month_end
Net 45, 2% monthly finance charge               : 45 +2% monthly
Net 30, 1.5% per month finance charge           : 30 +1.5% monthly
Net 30, finance charge of 1.5% per month        : 30 +1.5% monthly
Net 30, 1.5%/month late fee                     : 30 +1.5% monthly
Net 30, 1.5% interest per month                 : 30 +1.5% monthly
Net 30 plus 18% annual interest                 : 30 +18% annually
Net 30, 18% per annum interest                  : 30 +18% annually
Net 30, 1% weekly late charge                   : 30 +1% weekly
Net 30, 5% half-yearly penalty                  : 30 +5% half_yearly
Net 30, $25 monthly late fee                    : 30 +$25 monthly
Net 30, late fee of $25 per month               : 30 +$25 monthly
Net 30, 1.5% per month on overdue balances      : 30 +1.5% monthly
2% 10 Net 30, 1.5% monthly finance charge       : 30 2%/10 +1.5% monthly
Due on receipt, 1.5% monthly late fee           : 0 +1.5% monthly
Net 1000                                        :
Net 30.5                                        :
Net -30                                         :
Net –30                                         :
-30                                             :
0                                               :
366                                             :
1000                                            :
Net 30/60                                       :
Net 30-60                                       :
Net 30, 60                                      :
Net 30 or 45                                    :
Net 30 net 45                                   :
Net 30 or COD                                   :
30/60/90                                        :
30/60/90 days                                   :
30/60 net 90                                    :
40/60 net 90                                    :
3 x 30 days                                     :
2/10                                            :
2% 10                                           :
2/10 30                                         :
2% net 30                                       :
0% 10 Net 30                                    :
100% 10 Net 30                                  :
2% 31 Net 30                                    :
2% 10 Net 5                                     :
2% 10 COD                                       :
2% 10 due on receipt                            :
2% 10, net 10th prox                            :
2% -10 Net 30                                   :
1/2% 10 net 30                                  :
1,5% 10 net 30                                  :
.5% 10 net 30                                   :
$1.000 off 10 net 30                            :
$0 off 10 net 30                                :
$50 off net 30                                  :
1% 5, 2% 10, net 30                             :
50% now, 50% net 30                             :
50% net 30, 50% net 60                          :
50% in advance                                  :
30% deposit, net 30                             :
Half in 30 days                                 :
6 monthly installments                          :
Net 30, 1.5% late fee                           :
Net 30, 1.5% monthly                            :
1.5% monthly finance charge                     :
Net 30, 0% monthly finance charge               :
10th                                            :
Net 10th                                        :
32nd of next month                              :
0th of next month                               :
22th of next month                              :
10th of 1st month                               :
10th of 7th month                               :
10th of January                                 :
10th EOM                                        :
EOM 10th                                        :
EOM-5                                           :
EOM 1000                                        :
1 month                                         :
Net 2 months                                    :
15th month                                      :
30 business days                                :
Net 30 ROG                                      :
Net 30 days from receipt of goods               :
30 days after delivery                          :
30 days after statement                         :
Net 10 days prox                                :
COD net 30                                      :
Prepaid net 30                                  :
Net due                                         :
Net - 30                                        :
2nd month following                             :
2nd following month                             :
10th next month                                 :
Payment 2nd                                     :
Month end 2                                     :
Net 30, 10 days 2%                              :
1.5% monthly interest 30 days                   :
2 month end                                     :
Due 10 EOM                                      :
Due                                             :
Due 30                                          :
N                                               :
days                                            :
N/A                                             :
None                                            :
Net 30*                                         :
Net 30!                                         :
"Net 30"                                        :
Net 3O                                          :
Net l5                                          :
Net 30 Tage                                     :
See invoice                                     :
Net 30 (EOM)                                    :
Net thirty (45) days                            :
Net 30 & net 60                                 :
"""

ROWS = [
    (name.strip(), [reading.strip() for reading in shown.split("|") if reading.strip()])
    for name, _, shown in (line.rpartition(":") for line in TABLE.strip().splitlines())
]
