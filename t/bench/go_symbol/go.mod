module pctab/go_symbol

go 1.19
