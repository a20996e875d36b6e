" MIL text of Core ML and Espresso.
autocmd BufRead,BufNewFile *.mil setfiletype mil
