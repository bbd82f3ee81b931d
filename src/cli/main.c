#include "base/stop.h"

int main(void)
{
	stop_init();
	return 0;
}
