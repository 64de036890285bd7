"""The rules of the bill as columnar functions: tables of Ibis in, a table out. No database, no files, no clock.

The modules follow the numbers of docs/rules.md:

``counting``    2 to 4, 7   which readings count, and what a register advanced between them
``volumes``     5 to 7      what a register used, month by month: actual, average, norm
``prices``      8           which category, price table and norm are in force in a month
``tiers``       9, 10       what that costs
``lines``       11, 12      what is to be billed, with what has been taken off
``bills``       14          the bill of an account
``traces``                  what a line is explained by
``whole``                   exact arithmetic of whole numbers

Months are whole numbers (``core.periods.Period``), volumes whole units of their register, sums whole kopecks, prices
hundredths of a kopeck, tiers' limits thousandths and norms millionths of kWh, m3 or Gcal. Every column that is
multiplied is an int64. Nothing here is of one engine: no SQL, no functions that only DuckDB knows.
"""
