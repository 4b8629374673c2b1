-- Two numbers are the same if they have the same letters and digits, as `CarteId::canonical` says. Capitals become small
-- letters, Arabic-Indic, Persian and full-width digits European ones, and separators are removed: spaces, dashes, slashes.
-- A generated column would rewrite the table.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS profiles_carte_id_canonical_key ON profiles ((translate(carte_id,
    U&'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
        '\0660\0661\0662\0663\0664\0665\0666\0667\0668\0669'
        '\06F0\06F1\06F2\06F3\06F4\06F5\06F6\06F7\06F8\06F9'
        '\FF10\FF11\FF12\FF13\FF14\FF15\FF16\FF17\FF18\FF19'
        ' -/'
        '\00A0\058A\05BE\1400\1680\1806\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009'
        '\200A\2010\2011\2012\2013\2014\2015\202F\2044\205F\2212\2215\2E17\2E1A\2E3A\2E3B'
        '\2E40\2E5D\3000\301C\3030\30A0\FE31\FE32\FE58\FE63\FF0D\FF0F\+010D6E\+010EAD',
    'abcdefghijklmnopqrstuvwxyz012345678901234567890123456789')) COLLATE "C");
