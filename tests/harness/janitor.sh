# Removes the folder $1 when standard input ends. It ends with the process that started this, however that process dies.
# The Postgres in the folder then stops without help. It needs its files until it has stopped, or its shared memory stays.
read -r _
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ -n "$(find /proc/[0-9]* -maxdepth 1 -name cwd -lname "$1/*" 2>/dev/null)" ] || break
    sleep 1
done
rm -rf "$1"
