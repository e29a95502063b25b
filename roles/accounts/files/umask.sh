# Lũy Tre, accounts.umask: the last word where another file of this folder opened new files to everybody.
case "$(umask)" in
    *7) ;;
    *) umask 027 ;;
esac
