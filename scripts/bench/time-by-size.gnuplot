# build/bench/time-by-size.tsv as a picture. The lines have their names at their ends instead of a legend.
set terminal svg size 800,500 font "sans-serif,14" background "#ffffff"
set output "build/bench/time-by-size.svg"

set title "Checking an image with every 64 KiB cluster mapped, metadata in the page cache"
set xlabel "virtual size"
set ylabel "time, start of the program included"
set logscale xy
set xrange [2.0**26 : 2.0**42]
set xtics ("64 MiB" 2.0**26, "256 MiB" 2.0**28, "1 GiB" 2.0**30, "4 GiB" 2.0**32, "16 GiB" 2.0**34, \
           "64 GiB" 2.0**36, "256 GiB" 2.0**38, "1 TiB" 2.0**40, "4 TiB" 2.0**42)
set ytics ("0.1 ms" 0.1, "1 ms" 1, "10 ms" 10, "100 ms" 100, "1 s" 1000, "10 s" 10000)
set grid linetype 1 linewidth 0.5 linecolor "#cccccc"
set border 3
set tics nomirror
set rmargin 17
unset key

data = "build/bench/time-by-size.tsv"
array name[3] = ["bare read", "refcow check", "qemu-img check"]
array color[3] = [0x666666, 0x0060c0, 0xc04000]
stats data using 1 nooutput
last = STATS_records - 1
plot for [i = 1:3] data using 1:(column(i + 1)) with linespoints linewidth 2 pointtype 7 pointsize 0.6 \
         linecolor rgb color[i], \
     for [i = 1:3] data every ::last using 1:(column(i + 1)):(name[i]) with labels left offset 1,0 \
         textcolor rgb color[i]
